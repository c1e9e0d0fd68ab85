import { PawlError, unwrap } from '@pawl/client';
import { hasCode } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Field } from '../ui/field.js';
import type { LinkResult } from './link-page.js';
import { LinkPage } from './link-page.js';

export function ResetPassword() {
  const { reset, link, fields, signIn } = useWords();

  const save = async (token: string, password: string): Promise<LinkResult> => {
    try {
      await unwrap(pawl.api.POST('/auth/password/reset', { body: { token, password } }));
    } catch (error) {
      if (hasCode(error, 'one_time_token_invalid')) {
        return { says: link.expired, next: <Link to="/account/forgot-password">{reset.newLink}</Link> };
      }
      const [reason] = error instanceof PawlError ? Object.values(error.fields) : [];
      return { says: reason === undefined ? link.later : reset.refused(reason) };
    }
    return { says: reset.done, isDone: true, next: <Link to="/account/sign-in">{signIn.title}</Link> };
  };
  return (
    <LinkPage title={reset.title} opening={reset.opening} submit={reset.submit} use={save}>
      <Field label={fields.newPassword} name="password" type="password" autoComplete="new-password" autoFocus />
    </LinkPage>
  );
}
