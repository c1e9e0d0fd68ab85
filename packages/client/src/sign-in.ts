import type { PawlError } from './errors.js';
import { readBody } from './errors.js';
import type { PasskeyPrompt } from './passkeys.js';
import { promptForPasskey } from './passkeys.js';
import type { Session } from './session.js';
import type { Transport } from './transport.js';

export type Factor = 'totp' | 'passkey' | 'recovery_code';

/** One step of a sign-in. `passkey: true` lets the browser ask for the passkey. */
export type SignInStep =
  | { email: string; password: string }
  /** Sends an email with a link and a code. */
  | { email: string; link: true }
  /** The code of that email. */
  | { email: string; code: string }
  /** The token of the link in that email. */
  | { token: string }
  | { passkey: true | PasskeyPrompt }
  /** The second step, with the challenge that the first one returned. */
  | { challenge: string; code: string }
  | { challenge: string; recoveryCode: string }
  | { challenge: string; passkey: true | PasskeyPrompt; passkeyOptions: unknown }
  /**
   * The one-time code with which a sign-in with another provider came back. In cookie mode `verifier` is undefined: the code
   * came with `error=second_factor_required`, and its verifier is in a cookie.
   */
  | { code: string; verifier: string | undefined };

/** An email was sent, if the address has an account: call `signIn` with its code or the token of its link. */
interface LinkSent {
  next: 'link';
  email: string;
}

type SignedIn =
  | { next?: undefined; session: Session }
  /** The user has a second factor: call `signIn` with this challenge and one of the `factors` within five minutes. */
  | { next: 'second_factor'; challenge: string; factors: Factor[]; passkeyOptions?: unknown };

/** Either the session, or what is needed next. Only the step that asks for an email has the result `link`. */
export type SignInResult<Step = SignInStep> = Step extends { link: true } ? LinkSent : SignedIn;

export type RegisterResult =
  | { next?: undefined; session: Session }
  /** The service signs in confirmed addresses only: an email says what to do. */
  | { next: 'confirm_email'; email: string };

/** A request of the sign-in: its path below the service's URL and its JSON body. */
interface SignInRequest {
  path: string;
  body: Record<string, unknown>;
}

export async function requestOf(step: SignInStep, transport: Transport): Promise<SignInRequest> {
  if ('password' in step) return { path: '/auth/login', body: { email: step.email, password: step.password } };
  if ('link' in step) return { path: '/auth/link', body: { email: step.email } };
  if ('token' in step) return { path: '/auth/link/login', body: { token: step.token } };
  if ('verifier' in step) return { path: '/auth/providers/exchange', body: { ...step } };
  if ('challenge' in step) {
    const { challenge } = step;
    if ('code' in step) return { path: '/auth/login/factor', body: { challenge, code: step.code } };
    if ('recoveryCode' in step)
      return { path: '/auth/login/factor', body: { challenge, recovery_code: step.recoveryCode } };
    const passkey = await prompt(step.passkey, step.passkeyOptions);
    return { path: '/auth/login/factor', body: { challenge, passkey } };
  }
  if ('passkey' in step) return { path: '/auth/passkeys/login', body: await passkeyBody(step.passkey, transport) };
  return { path: '/auth/link/login', body: { email: step.email, code: step.code } };
}

/** A challenge of the service, and the passkey's response to it. */
export async function passkeyBody(
  passkey: true | PasskeyPrompt,
  transport: Transport,
): Promise<Record<string, unknown>> {
  const response = await transport.post('/auth/passkeys/options', {});
  const { challenge, options } = await readBody<{ challenge: string; options: unknown }>(response, 'challenge');
  return { challenge, passkey: await prompt(passkey, options) };
}

function prompt(passkey: true | PasskeyPrompt, options: unknown): Promise<unknown> {
  return passkey === true ? promptForPasskey(options) : passkey(options);
}

/** What `second_factor_required` says about the next step. */
export function toSecondFactor(problem: PawlError['problem']): SignInResult {
  return {
    next: 'second_factor',
    challenge: problem?.['challenge'] as string,
    factors: problem?.['factors'] as Factor[],
    passkeyOptions: problem?.['passkey_options'],
  };
}
