import { unwrap } from '@pawl/client';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading, Section } from '../ui/layout.js';
import type { AccountPageProps } from './account.js';
import { Factors } from './factors.js';
import { Identities, useHasPassword } from './identities.js';

export function Security({ session }: AccountPageProps) {
  const { security, fields } = useWords();
  const hasPassword = useHasPassword() ?? true;
  const change = async (values: Record<string, string>, form: HTMLFormElement) => {
    const { current_password = '', new_password = '' } = values;
    await unwrap(pawl.api.POST('/auth/password', { body: { current_password, new_password } }));
    form.reset();
  };
  return (
    <>
      <PageHeading title={security.title} opening={security.opening} />
      {hasPassword ? (
        <Section title={security.passwordTitle} opening={security.passwordOpening}>
          <Form
            submit={security.passwordSubmit}
            done={security.passwordDone}
            fieldOf={{ password_incorrect: 'current_password' }}
            onSubmit={change}
          >
            {/* Password managers look for it. */}
            <input
              class="visually-hidden"
              autoComplete="username"
              value={session.user.email}
              readOnly
              tabIndex={-1}
              aria-hidden="true"
            />
            <Field
              label={fields.currentPassword}
              name="current_password"
              type="password"
              autoComplete="current-password"
            />
            <Field
              label={fields.newPassword}
              name="new_password"
              type="password"
              autoComplete="new-password"
              hint={fields.newPasswordHint}
            />
          </Form>
        </Section>
      ) : (
        <Section title={security.passwordTitle} opening={security.noPassword}>
          <Form
            kind="secondary"
            submit={security.setPassword}
            done={security.setPasswordDone}
            onSubmit={() => unwrap(pawl.api.POST('/auth/password/forgot', { body: { email: session.user.email } }))}
          />
        </Section>
      )}
      <Factors />
      <Identities />
    </>
  );
}
