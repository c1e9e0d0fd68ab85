import { PawlError, unwrap } from '@pawl/client';
import { hasCode } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Field } from '../ui/field.js';
import { AnotherLink } from './another-link.js';
import type { LinkResult } from './link-page.js';
import { LinkPage } from './link-page.js';

/** Sets the password of the account that the link was sent to: a new one, or the first one of an invited user. */
export function ResetPassword() {
  const { reset, forgot, link, fields, signIn } = useWords();

  const save = async (token: string, password: string): Promise<LinkResult> => {
    try {
      await unwrap(pawl.api.POST('/auth/password/reset', { body: { token, password } }));
    } catch (error) {
      if (hasCode(error, 'one_time_token_invalid')) return { says: link.expired, end: 'void' };
      const [reason] = error instanceof PawlError ? Object.values(error.fields) : [];
      return { says: reason === undefined ? link.later : reset.refused(reason) };
    }
    return { says: reset.done, end: 'done' };
  };
  const send = (email: string) => unwrap(pawl.api.POST('/auth/password/forgot', { body: { email } }));
  return (
    <LinkPage
      title={reset.title}
      opening={(about) => (about?.purpose === 'invitation' ? reset.openingOfInvitation : reset.opening)}
      submit={reset.submit}
      use={save}
      done={reset.done}
      next={<Link to="/account/sign-in">{signIn.title}</Link>}
      another={<AnotherLink done={forgot.done} send={send} />}
    >
      <Field label={fields.newPassword} name="password" type="password" autoComplete="new-password" autoFocus />
    </LinkPage>
  );
}
