import type { Session } from '@pawl/client';
import type { ComponentType } from 'preact';
import { useSignInFirst } from '../account/sign-in-first.js';
import { useSignOut } from '../account/sign-out.js';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { Link, usePath } from '../router.js';
import { useSession } from '../session.js';
import { Button } from '../ui/button.js';
import { Brand, Footer, FrontLayout, useTitle } from '../ui/layout.js';
import { Loading } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { ClientsPage } from './clients.js';
import { EventsPage } from './events.js';
import { OutboxPage } from './outbox.js';
import { StatusPage } from './status.js';
import { UserPage } from './user.js';
import { UsersPage } from './users.js';
import { useAdminWords } from './words.js';

const pages = [
  ['/admin', 'users', UsersPage],
  ['/admin/apps', 'clients', ClientsPage],
  ['/admin/events', 'events', EventsPage],
  ['/admin/outbox', 'outbox', OutboxPage],
  ['/admin/state', 'status', StatusPage],
] as const satisfies readonly (readonly [path: string, name: string, page: ComponentType])[];

/** The pages of admins. The API decides what anybody may see: this only spares others the refusals. */
export function AdminPages() {
  const words = useWords();
  const { notAdmin, notAdminOpening } = useAdminWords();
  const { session, error } = useSession();
  useSignInFirst();
  if (session?.user.role === 'admin') return <Shell session={session} />;
  if (session) {
    return (
      <FrontLayout title={notAdmin}>
        <p class="muted">{notAdminOpening}</p>
        <Link to="/account">{words.common.toAccount}</Link>
      </FrontLayout>
    );
  }
  return (
    <FrontLayout title={error === undefined ? words.common.loading : words.common.unavailable}>
      {error === undefined ? <Loading /> : <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      {error !== undefined && <Button onClick={() => location.reload()}>{words.common.tryAgain}</Button>}
    </FrontLayout>
  );
}

function Shell({ session }: { session: Session }) {
  const { nav: accountNav, common } = useWords();
  const { menu, nav } = useAdminWords();
  const { signOut, failure } = useSignOut();
  const path = usePath();
  const [, userId] = /^\/admin\/users\/([\w-]+)$/.exec(path) ?? [];
  const [, name, Page] = pages.find(([of]) => of === path) ?? [undefined, userId ? 'users' : undefined, undefined];
  useTitle(name ? nav[name] : common.notFound);
  return (
    <div class="shell">
      <header>
        <Brand />
        <span class="who">{session.user.email}</span>
      </header>
      <nav aria-label={menu}>
        <ul>
          {pages.map(([to, label]) => (
            <li key={to}>
              <Link to={to} current={label === name}>
                {nav[label]}
              </Link>
            </li>
          ))}
          <li>
            <Link to="/account">{nav.account}</Link>
          </li>
          <li>
            <Button kind="link" onClick={signOut}>
              {accountNav.signOut}
            </Button>
          </li>
        </ul>
      </nav>
      <main>
        {failure !== undefined && <Notice kind="error">{failure}</Notice>}
        {Page && <Page />}
        {userId && <UserPage key={userId} id={userId} />}
        {!name && <h1>{common.notFound}</h1>}
      </main>
      <Footer />
    </div>
  );
}
