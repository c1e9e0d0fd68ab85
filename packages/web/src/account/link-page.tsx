import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { config } from '../config.js';
import { hasCode } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { BackToApp } from '../ui/back-to-app.js';
import { useBusy } from '../ui/busy.js';
import { Button } from '../ui/button.js';
import { FrontLayout } from '../ui/layout.js';
import { Loading } from '../ui/load.js';
import { isLinked, linkToken } from './link-token.js';

export type EmailLink = components['schemas']['EmailLink'];

/** What is known about the link of this page: undefined is not yet, null is that the service cannot say. */
export type KnownLink = EmailLink | 'void' | null | undefined;

/** Asks what the link does, which changes nothing: programs that scan emails open links too. */
export function useEmailLink(): KnownLink {
  const [known, setKnown] = useState<KnownLink>();
  useEffect(() => {
    if (linkToken === undefined) return;
    unwrap(pawl.api.POST('/auth/email/link', { body: { token: linkToken } })).then(setKnown, (error: unknown) =>
      setKnown(hasCode(error, 'one_time_token_invalid') ? 'void' : null),
    );
  }, []);
  return known;
}

/** What became of the link: a sentence, and whether it can be tried again. */
export interface LinkResult {
  says: string;
  /** It has done what it is for, or never will. */
  end?: 'done' | 'void';
  /** Something else is needed first, and nothing went wrong. */
  asks?: boolean;
}

interface LinkPageProps {
  title: string;
  /** What the button does, once more is known about the link. */
  opening: (link: EmailLink | undefined) => string;
  submit: string;
  /** Nothing changes before the button is pressed. */
  use: (token: string, password: string) => Promise<LinkResult>;
  /** Shown when the link has done what it is for. */
  done: string;
  /** Where to go then. */
  next: ComponentChildren;
  /** The way to another link. */
  another: ComponentChildren;
  children?: ComponentChildren;
}

/** A page that a link from an email leads to. It names the account before and after. */
export function LinkPage({ title, opening, submit, use, done, next, another, children }: LinkPageProps) {
  const { link, common } = useWords();
  const known = useEmailLink();
  const { isBusy, run } = useBusy();
  const [result, setResult] = useState<LinkResult>();

  const send = async (form: HTMLFormElement) => {
    const password = new FormData(form).get('password');
    setResult(undefined);
    setResult(await use(linkToken ?? '', typeof password === 'string' ? password : ''));
  };
  const submitted = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    run(() => send(form));
  };

  if (!isLinked()) {
    return (
      <FrontLayout title={title}>
        <p role="status" class="notice error">
          {link.incomplete}
        </p>
        <p class="aside">{config.brandUrl ? <BackToApp /> : <Link to="/account">{common.toAccount}</Link>}</p>
      </FrontLayout>
    );
  }
  if (known === undefined) {
    return (
      <FrontLayout title={title}>
        <Loading />
      </FrontLayout>
    );
  }
  const about = known === 'void' || known === null ? undefined : known;
  const end = known === 'void' ? 'void' : about?.used ? 'done' : result?.end;
  const says = end === 'done' ? done : end === 'void' ? link.expired : result?.says;
  return (
    <FrontLayout title={title}>
      {about && <p class="account">{about.email}</p>}
      {end === undefined && (
        <form onSubmit={submitted}>
          <p class="muted">{opening(about)}</p>
          {/* Password managers store the password for this account. */}
          {about && <input type="email" name="email" autoComplete="username" value={about.email} hidden readOnly />}
          {children}
          <div class="actions">
            <Button type="submit" pending={isBusy}>
              {submit}
            </Button>
          </div>
        </form>
      )}
      <p role="status" class={says && `notice ${end === 'done' ? 'success' : result?.asks ? '' : 'error'}`}>
        {says}
      </p>
      {end === 'void' && another}
      {end === 'done' ? (
        <>
          <BackToApp kind="button" />
          <p class="aside">{next}</p>
        </>
      ) : (
        <WayBack />
      )}
    </FrontLayout>
  );
}

function WayBack() {
  return (
    <p class="aside">
      <BackToApp />
    </p>
  );
}
