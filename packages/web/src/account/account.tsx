import type { Session } from '@pawl/client';
import type { ComponentType } from 'preact';
import { config } from '../config.js';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { Link, usePath } from '../router.js';
import { useSession } from '../session.js';
import { Button } from '../ui/button.js';
import { Brand, Footer, FrontLayout, useTitle } from '../ui/layout.js';
import { Loading } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { Activity } from './activity.js';
import { Data } from './data.js';
import { Profile } from './profile.js';
import { Security } from './security.js';
import { Sessions } from './sessions.js';
import { useSignInFirst } from './sign-in-first.js';
import { useSignOut } from './sign-out.js';

export interface AccountPageProps {
  session: Session;
}

const pages = [
  ['/account', 'profile', Profile],
  ['/account/security', 'security', Security],
  ['/account/sessions', 'sessions', Sessions],
  ['/account/activity', 'activity', Activity],
  ['/account/data', 'data', Data],
] as const satisfies readonly (readonly [path: string, name: string, page: ComponentType<AccountPageProps>])[];

/** The pages of a signed-in user. Anybody else is led to the sign-in. */
export function Account() {
  const words = useWords();
  const { session, error } = useSession();
  const path = usePath();
  useSignInFirst();

  if (session) return <SignedIn session={session} path={path} />;
  return (
    <FrontLayout title={error === undefined ? words.common.menu : words.common.unavailable}>
      {error === undefined ? (
        <Loading />
      ) : (
        <>
          <Notice kind="error">{sentenceOf(error, words)}</Notice>
          <Button kind="secondary" onClick={() => location.reload()}>
            {words.common.tryAgain}
          </Button>
        </>
      )}
    </FrontLayout>
  );
}

function SignedIn({ session, path }: AccountPageProps & { path: string }) {
  const { nav, common } = useWords();
  const { signOut, failure } = useSignOut();
  const [, name, Page] = pages.find(([of]) => of === path) ?? [undefined, undefined, undefined];
  useTitle(name ? nav[name] : common.notFound);
  return (
    <div class="shell">
      <header>
        <Brand />
        <span class="who">{session.user.email}</span>
      </header>
      <nav aria-label={common.menu}>
        <ul>
          {pages.map(([to, label]) => (
            <li key={to}>
              <Link to={to}>{nav[label]}</Link>
            </li>
          ))}
          {config.hasAdminPages && session.user.role === 'admin' && (
            <li>
              <Link to="/admin">{nav.admin}</Link>
            </li>
          )}
          <li>
            <Button kind="link" onClick={signOut}>
              {nav.signOut}
            </Button>
          </li>
        </ul>
      </nav>
      <main>
        {failure !== undefined && <Notice kind="error">{failure}</Notice>}
        {Page ? <Page session={session} /> : <h1>{common.notFound}</h1>}
      </main>
      <Footer />
    </div>
  );
}
