import { PawlError, unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { hasCode, sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { useSession } from '../session.js';
import { Field } from '../ui/field.js';
import { AnotherLink } from './another-link.js';
import type { EmailLink, LinkResult } from './link-page.js';
import { LinkPage } from './link-page.js';

/** Confirms the address that the link was sent to: the first one of an account, or a new one. */
export function VerifyEmail() {
  const words = useWords();
  const { verify, link, fields, signIn, common } = words;
  const { session } = useSession();
  const [asksPassword, setAsksPassword] = useState(false);

  const confirm = async (token: string, password: string): Promise<LinkResult> => {
    try {
      const body = { token, require_owner: true, ...(password && { password }) };
      await unwrap(pawl.api.POST('/auth/email/verify', { body }));
    } catch (error) {
      if (hasCode(error, 'password_required')) {
        setAsksPassword(true);
        return { says: verify.ask, asks: true };
      }
      if (hasCode(error, 'password_incorrect')) return { says: verify.wrong };
      if (hasCode(error, 'one_time_token_invalid')) return { says: link.expired, end: 'void' };
      if (hasCode(error, 'email_taken')) return { says: link.taken };
      return { says: hasCode(error, 'rate_limited') ? sentenceOf(error, words) : laterUnless(error, link.later) };
    }
    if (session) void pawl.session({ reload: true }).catch(() => undefined);
    return { says: verify.done, end: 'done' };
  };
  const opening = (about: EmailLink | undefined) => {
    if (!session || !about) return verify.opening;
    const { email } = session.user;
    if (!about.own_account) return verify.openingOfOther(email);
    return about.purpose === 'change_email' ? verify.openingOfChange(email) : verify.opening;
  };
  return (
    <LinkPage
      title={verify.title}
      opening={opening}
      submit={verify.submit}
      use={confirm}
      done={session ? verify.doneSignedIn : verify.done}
      next={<Link to={session ? '/account' : '/account/sign-in'}>{session ? common.toAccount : signIn.title}</Link>}
      another={<AnotherConfirmation />}
    >
      {asksPassword && (
        <Field label={fields.password} name="password" type="password" autoComplete="current-password" autoFocus />
      )}
    </LinkPage>
  );
}

/** A user whose address is confirmed may have wanted another one, which only the account can ask for. */
function AnotherConfirmation() {
  const { verify, signIn, common } = useWords();
  const { session } = useSession();
  const send = (email: string) => unwrap(pawl.api.POST('/auth/email/resend', { body: { email } }));
  if (session?.user.email_verified) {
    return (
      <>
        <p class="muted">{verify.confirmedAlready(session.user.email)}</p>
        <p class="aside">
          <Link to="/account">{common.toAccount}</Link>
        </p>
      </>
    );
  }
  return (
    <AnotherLink done={signIn.resent} send={send}>
      {session === null && (
        <p class="aside">
          {verify.changesInAccount} <Link to="/account/sign-in">{signIn.title}</Link>
        </p>
      )}
    </AnotherLink>
  );
}

function laterUnless(error: unknown, later: string): string {
  if (error instanceof PawlError || error instanceof TypeError) return later;
  throw error;
}
