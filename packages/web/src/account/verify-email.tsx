import { PawlError, unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { hasCode, sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { useSession } from '../session.js';
import { Field } from '../ui/field.js';
import type { LinkResult } from './link-page.js';
import { LinkPage } from './link-page.js';

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
        return { says: verify.ask };
      }
      if (hasCode(error, 'password_incorrect')) return { says: verify.wrong };
      if (hasCode(error, 'one_time_token_invalid')) {
        // The profile of a signed-in user and the sign-in both offer another email.
        return { says: link.expired, next: <Link to="/account">{verify.newLink}</Link> };
      }
      if (hasCode(error, 'email_taken')) return { says: link.taken };
      return { says: hasCode(error, 'rate_limited') ? sentenceOf(error, words) : laterUnless(error, link.later) };
    }
    if (session) void pawl.session({ reload: true }).catch(() => undefined);
    return {
      says: verify.done,
      isDone: true,
      next: <Link to={session ? '/account' : '/account/sign-in'}>{session ? common.toAccount : signIn.title}</Link>,
    };
  };
  return (
    <LinkPage
      title={verify.title}
      opening={session ? verify.openingOf(session.user.email) : verify.opening}
      submit={verify.submit}
      use={confirm}
    >
      {asksPassword && (
        <Field label={fields.password} name="password" type="password" autoComplete="current-password" autoFocus />
      )}
    </LinkPage>
  );
}

function laterUnless(error: unknown, later: string): string {
  if (error instanceof PawlError || error instanceof TypeError) return later;
  throw error;
}
