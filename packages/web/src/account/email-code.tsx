import type { SignInResult } from '@pawl/client';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';
import { Notice } from '../ui/notice.js';

/** Sends an email with a link and a code. Takes the address from the form above, which the browser may have filled in. */
export function EmailLinkButton({ follow }: { follow: (result: SignInResult) => void }) {
  const words = useWords();
  const [error, setError] = useState<unknown>();
  const send = async () => {
    const input = document.querySelector<HTMLInputElement>('input[name=email]');
    if (!input?.reportValidity()) return;
    setError(undefined);
    await pawl.signIn({ email: input.value, link: true }).then(follow, setError);
  };
  return (
    <>
      {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      <Button kind="secondary" onClick={send}>
        {words.signIn.byEmail}
      </Button>
    </>
  );
}

interface EmailCodeProps {
  email: string;
  follow: (result: SignInResult) => void;
  onBack: () => void;
}

/** Signs in with the code of that email. */
export function EmailCode({ email, follow, onBack }: EmailCodeProps) {
  const { signIn, fields, common } = useWords();
  return (
    <FrontLayout title={signIn.emailCode}>
      <Notice kind="info">{signIn.emailSent(email)}</Notice>
      <Form
        submit={signIn.submit}
        onSubmit={async ({ code = '' }) => follow(await pawl.signIn({ email, code: code.replace(/\s/g, '') }))}
        fieldOf={{ code_invalid: 'code' }}
        secondary={
          <Button kind="secondary" onClick={onBack}>
            {common.back}
          </Button>
        }
      >
        <Field label={fields.code} name="code" autoComplete="one-time-code" inputMode="numeric" autoFocus />
      </Form>
    </FrontLayout>
  );
}
