import { useEffect, useState } from 'preact/hooks';
import { config } from '../config.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link, navigate } from '../router.js';
import { useSession } from '../session.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';

export function Register() {
  const { register, fields } = useWords();
  const { session } = useSession();
  const [sentTo, setSentTo] = useState<string>();
  useEffect(() => {
    if (session) navigate('/account', { replace: true });
  }, [session]);

  if (sentTo !== undefined) {
    return (
      <FrontLayout title={register.checkTitle}>
        <p role="status">{register.check(sentTo)}</p>
      </FrontLayout>
    );
  }
  const signInInstead = (
    <p class="aside">
      {register.haveAccount} <Link to="/account/sign-in">{register.signIn}</Link>
    </p>
  );
  if (!config.registrationOpen) {
    return (
      <FrontLayout title={register.title}>
        <p class="muted">{register.closed}</p>
        {signInInstead}
      </FrontLayout>
    );
  }
  return (
    <FrontLayout title={register.title}>
      <Form
        submit={register.submit}
        fieldOf={{ email_taken: 'email' }}
        onSubmit={async ({ email = '', password = '', name = '' }) => {
          const result = await pawl.register({ email, password, ...(name.trim() && { name }) });
          if (result.next) setSentTo(result.email);
        }}
      >
        <Field label={fields.email} name="email" type="email" autoComplete="username" autoFocus />
        <Field
          label={`${fields.name} (${fields.optional})`}
          name="name"
          autoComplete="name"
          required={false}
          maxLength={200}
        />
        <Field
          label={fields.password}
          name="password"
          type="password"
          autoComplete="new-password"
          hint={fields.newPasswordHint}
        />
      </Form>
      {signInInstead}
    </FrontLayout>
  );
}
