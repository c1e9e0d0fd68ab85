import type { Factor, SignInResult } from '@pawl/client';
import { useEffect, useState } from 'preact/hooks';
import { pawl } from '../pawl.js';
import { navigate } from '../router.js';
import { useSession } from '../session.js';
import { EmailCode } from './email-code.js';
import { LinkSignIn } from './link-sign-in.js';
import { isLinked, leaveLink } from './link-token.js';
import { mustSignInAgain, takePlace } from './place.js';
import { takeProviderReturn } from './provider-return.js';
import { SecondFactor } from './second-factor.js';
import { SignInForm } from './sign-in-form.js';
import { Unconfirmed } from './unconfirmed.js';

export interface SecondFactorStep {
  challenge: string;
  factors: Factor[];
  passkeyOptions?: unknown;
}

/** Leads from one step of the sign-in to the next, and then to the page that the visitor came from. */
export function SignIn() {
  const { session } = useSession();
  const [providerError, setProviderError] = useState<string>();
  const [step, setStep] = useState<SecondFactorStep>();
  const [email, setEmail] = useState('');
  const [sentTo, setSentTo] = useState<string>();
  const [isUnconfirmed, setUnconfirmed] = useState(false);
  const [isAtLink, setAtLink] = useState(isLinked);
  const again = session ? mustSignInAgain(session.id) : false;

  useEffect(() => {
    if (!session || again) return;
    leaveLink();
    navigate(takePlace(), { replace: true });
  }, [session]);
  useEffect(() => {
    const { error, code } = takeProviderReturn();
    if (error === 'second_factor_required' && code !== undefined) {
      pawl.signIn({ code, verifier: undefined }).then(follow, () => setProviderError('exchange_code_invalid'));
    } else setProviderError(error);
  }, []);

  const follow = (result: SignInResult) => {
    if (result.next === 'second_factor') setStep(result);
    else if (result.next === 'link') {
      setEmail(result.email);
      setSentTo(result.email);
    }
  };
  const signInAnotherWay = () => {
    leaveLink();
    setAtLink(false);
  };
  // The link, if there was one, is used up.
  const startAgain = () => {
    signInAnotherWay();
    setStep(undefined);
  };
  const askToConfirm = (unconfirmed: string) => {
    setEmail(unconfirmed);
    setUnconfirmed(true);
  };

  if (isAtLink && !step) return <LinkSignIn onSecondFactor={setStep} onLeave={signInAnotherWay} />;
  if (step) return <SecondFactor step={step} onStartAgain={startAgain} />;
  if (sentTo !== undefined) return <EmailCode email={sentTo} follow={follow} onBack={() => setSentTo(undefined)} />;
  if (isUnconfirmed) return <Unconfirmed email={email} onBack={() => setUnconfirmed(false)} />;
  return (
    <SignInForm
      // Who is signed in is known a moment later, and the field shows the address from the start.
      key={String(again)}
      email={email || (session?.user.email ?? '')}
      again={again}
      providerError={providerError}
      follow={follow}
      onUnconfirmed={askToConfirm}
    />
  );
}
