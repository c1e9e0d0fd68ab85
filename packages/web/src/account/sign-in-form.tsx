import type { SignInResult } from '@pawl/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { config } from '../config.js';
import { hasCode } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { BackToApp } from '../ui/back-to-app.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';
import { Notice } from '../ui/notice.js';
import { EmailLinkButton } from './email-code.js';
import { takeDeletion } from './farewell.js';
import { signInByAutofill } from './passkey-autofill.js';
import { ProviderButtons, useProviders } from './provider-buttons.js';

interface SignInFormProps {
  email: string;
  /** The visitor is signed in and was sent here to prove it once more. */
  again: boolean;
  /** The code of the error with which another provider sent the visitor back. */
  providerError: string | undefined;
  follow: (result: SignInResult) => void;
  onUnconfirmed: (email: string) => void;
}

/** Every way to sign in, on one page. */
export function SignInForm({ email, again, providerError, follow, onUnconfirmed }: SignInFormProps) {
  const { signIn, fields, errors, common, data } = useWords();
  const [isDeleted] = useState(takeDeletion);
  const [passkeyFailed, setPasskeyFailed] = useState(false);
  const providers = useProviders();
  const autofill = useRef<AbortController | undefined>(undefined);

  const failWithPasskey = () => setPasskeyFailed(true);
  useEffect(() => {
    const controller = (autofill.current = new AbortController());
    signInByAutofill(controller.signal).then((result) => result && follow(result), failWithPasskey);
    return () => controller.abort();
  }, []);

  const withPassword = async ({ email: typed = '', password = '' }: Record<string, string>) => {
    try {
      follow(await pawl.signIn({ email: typed, password }));
    } catch (error) {
      if (!hasCode(error, 'email_unverified')) throw error;
      onUnconfirmed(typed);
    }
  };
  const withPasskey = () => {
    setPasskeyFailed(false);
    // A browser has one prompt at a time.
    autofill.current?.abort();
    return pawl.signIn({ passkey: true }).then(follow, failWithPasskey);
  };
  return (
    <FrontLayout title={again ? signIn.againTitle : signIn.title}>
      {isDeleted && <Notice kind="success">{data.deleted}</Notice>}
      {isDeleted && (
        <p class="aside">
          <BackToApp />
        </p>
      )}
      {again && <p class="muted">{signIn.again}</p>}
      {providerError !== undefined && <Notice kind="error">{errors.codes[providerError] ?? errors.unknown}</Notice>}
      <Form submit={signIn.submit} onSubmit={withPassword}>
        <Field
          label={fields.email}
          name="email"
          type="email"
          autoComplete="username webauthn"
          defaultValue={email}
          autoFocus
        />
        <Field label={fields.password} name="password" type="password" autoComplete="current-password" />
      </Form>
      <p class="aside">
        <Link to="/account/forgot-password">{signIn.forgot}</Link>
      </p>
      <p class="or">
        <span>{signIn.or}</span>
      </p>
      {passkeyFailed && <Notice kind="error">{signIn.passkeyFailed}</Notice>}
      <div class="stack">
        <Button kind="secondary" onClick={withPasskey}>
          {signIn.passkey}
        </Button>
        {config.sendsMail && <EmailLinkButton follow={follow} />}
        <ProviderButtons providers={providers} label={signIn.withProvider} path="/account/sign-in" />
      </div>
      {again && (
        <p class="aside">
          <Link to="/account">{common.toAccount}</Link>
        </p>
      )}
      {config.registrationOpen && !again && (
        <p class="aside">
          {signIn.noAccount} <Link to="/account/register">{signIn.register}</Link>
        </p>
      )}
    </FrontLayout>
  );
}
