import { unwrap } from '@pawl/client';
import { config } from '../config.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { Section } from '../ui/layout.js';

export function ChangePassword({ email }: { email: string }) {
  const { security, fields } = useWords();
  const change = async (values: Record<string, string>, form: HTMLFormElement) => {
    const { current_password = '', new_password = '' } = values;
    await unwrap(pawl.api.POST('/auth/password', { body: { current_password, new_password } }));
    form.reset();
  };
  return (
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
          value={email}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <Field label={fields.currentPassword} name="current_password" type="password" autoComplete="current-password" />
        <Field
          label={fields.newPassword}
          name="new_password"
          type="password"
          autoComplete="new-password"
          hint={fields.newPasswordHint}
        />
      </Form>
    </Section>
  );
}

/** For users who sign in with a passkey, by email or with another provider only: a link by email proves the address. */
export function SetPassword({ email }: { email: string }) {
  const { security } = useWords();
  if (!config.sendsMail) return null;
  return (
    <Section title={security.passwordTitle} opening={security.noPassword}>
      <Form
        kind="secondary"
        submit={security.setPassword}
        done={security.setPasswordDone(email)}
        onSubmit={() => unwrap(pawl.api.POST('/auth/password/forgot', { body: { email } }))}
      />
    </Section>
  );
}
