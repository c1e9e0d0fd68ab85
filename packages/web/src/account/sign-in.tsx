import type { Factor, SignInResult } from '@pawl/client';
import { useEffect, useState } from 'preact/hooks';
import { config } from '../config.js';
import { hasCode } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link, navigate } from '../router.js';
import { useSession } from '../session.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';
import { Notice } from '../ui/notice.js';
import { LinkSignIn } from './link-sign-in.js';
import { isLinked } from './link-token.js';
import { ProviderButtons, useProviders } from './provider-buttons.js';
import { takeProviderReturn } from './provider-return.js';
import { SecondFactor } from './second-factor.js';

export interface SecondFactorStep {
  challenge: string;
  factors: Factor[];
  passkeyOptions?: unknown;
}

export function SignIn() {
  const { signIn, fields, errors } = useWords();
  const { session } = useSession();
  const [providerError, setProviderError] = useState<string>();
  const [step, setStep] = useState<SecondFactorStep>();
  const [email, setEmail] = useState('');
  const [sentTo, setSentTo] = useState<string>();
  const [isUnconfirmed, setUnconfirmed] = useState(false);
  const [passkeyError, setPasskeyError] = useState(false);
  const providers = useProviders();

  useEffect(() => {
    if (session) navigate('/account', { replace: true });
  }, [session]);
  useEffect(() => {
    const { error, code } = takeProviderReturn();
    if (error === 'second_factor_required' && code !== undefined) {
      pawl.signIn({ code, verifier: undefined }).then(follow, () => setProviderError('exchange_code_invalid'));
    } else setProviderError(error);
  }, []);

  const follow = (result: SignInResult) => {
    if (result.next === 'second_factor') setStep(result);
    else if (result.next === 'link') setSentTo(result.email);
  };

  if (isLinked() && !step) return <LinkSignIn onSecondFactor={setStep} />;
  if (step) return <SecondFactor step={step} onStartAgain={() => setStep(undefined)} />;
  if (sentTo !== undefined) return <EmailCode email={sentTo} follow={follow} onBack={() => setSentTo(undefined)} />;
  if (isUnconfirmed) return <Unconfirmed email={email} onBack={() => setUnconfirmed(false)} />;

  const withPassword = async (values: Record<string, string>) => {
    const { password = '' } = values;
    setEmail(values['email'] ?? '');
    try {
      follow(await pawl.signIn({ email: values['email'] ?? '', password }));
    } catch (error) {
      if (!hasCode(error, 'email_unverified')) throw error;
      setUnconfirmed(true);
    }
  };
  const withPasskey = () => {
    setPasskeyError(false);
    pawl.signIn({ passkey: true }).then(follow, () => setPasskeyError(true));
  };
  return (
    <FrontLayout title={signIn.title}>
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
      {providerError !== undefined && <Notice kind="error">{errors.codes[providerError] ?? errors.unknown}</Notice>}
      {passkeyError && <Notice kind="error">{signIn.passkeyFailed}</Notice>}
      <div class="stack">
        <Button kind="secondary" onClick={withPasskey}>
          {signIn.passkey}
        </Button>
        {config.sendsMail && <EmailLinkButton follow={follow} />}
        <ProviderButtons providers={providers} label={signIn.withProvider} path="/account/sign-in" />
      </div>
      {config.registrationOpen && (
        <p class="aside">
          {signIn.noAccount} <Link to="/account/register">{signIn.register}</Link>
        </p>
      )}
    </FrontLayout>
  );
}

/** Takes the address from the form above, which the browser may have filled in. */
function EmailLinkButton({ follow }: { follow: (result: SignInResult) => void }) {
  const { signIn, errors } = useWords();
  const [error, setError] = useState(false);
  const send = () => {
    const input = document.querySelector<HTMLInputElement>('input[name=email]');
    if (!input?.reportValidity()) return;
    pawl.signIn({ email: input.value, link: true }).then(follow, () => setError(true));
  };
  return (
    <>
      {error && <Notice kind="error">{errors.unknown}</Notice>}
      <Button kind="secondary" onClick={send}>
        {signIn.byEmail}
      </Button>
    </>
  );
}

function EmailCode({
  email,
  follow,
  onBack,
}: {
  email: string;
  follow: (r: SignInResult) => void;
  onBack: () => void;
}) {
  const { signIn, fields, common } = useWords();
  return (
    <FrontLayout title={signIn.emailCode}>
      <Notice kind="info">{signIn.emailSent}</Notice>
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

function Unconfirmed({ email, onBack }: { email: string; onBack: () => void }) {
  const { signIn, errors, common } = useWords();
  return (
    <FrontLayout title={signIn.resendTitle}>
      <p class="muted">
        {errors.codes['email_unverified']} {email}
      </p>
      <Form
        submit={signIn.resend}
        done={signIn.resent}
        onSubmit={() => pawl.api.POST('/auth/email/resend', { body: { email } })}
        secondary={
          <Button kind="secondary" onClick={onBack}>
            {common.back}
          </Button>
        }
      />
    </FrontLayout>
  );
}
