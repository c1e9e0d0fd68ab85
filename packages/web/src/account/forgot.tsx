import { unwrap } from '@pawl/client';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';

export function Forgot() {
  const { forgot, fields } = useWords();
  return (
    <FrontLayout title={forgot.title}>
      <p class="muted">{forgot.opening}</p>
      <Form
        submit={forgot.submit}
        done={forgot.done}
        onSubmit={({ email = '' }) => unwrap(pawl.api.POST('/auth/password/forgot', { body: { email } }))}
      >
        <Field label={fields.email} name="email" type="email" autoComplete="username" autoFocus />
      </Form>
      <p class="aside">
        <Link to="/account/sign-in">{forgot.back}</Link>
      </p>
    </FrontLayout>
  );
}
