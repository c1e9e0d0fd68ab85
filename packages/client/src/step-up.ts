import { PawlError, readPawlError } from './errors.js';
import type { PasskeyPrompt } from './passkeys.js';
import { passkeyBody } from './sign-in.js';
import type { Transport } from './transport.js';

/** What a call asks for (RFC 9470). */
export interface StepUpRequest {
  /** `aal2`: a second factor is needed. */
  acr?: string;
  /** How long ago the user may have signed in. */
  maxAgeSeconds?: number;
  /** What was wrong with the last proof. */
  error?: PawlError;
}

export type StepUpProof = { password: string } | { code: string } | { passkey: true | PasskeyPrompt };

/** Asks the user for a proof, again with `error` if it was wrong. Undefined if the user declines: the call then fails as it would without a step-up. */
export type StepUpPrompt = (request: StepUpRequest) => Promise<StepUpProof | undefined>;

type Send = (path: string, body: Record<string, unknown>) => Promise<Response>;

/** A prompt that returns the same wrong proof again and again must end. */
const maxProofs = 10;

/** What a 401 asks for, or undefined if it is about something else. */
export async function stepUpRequestOf(response: Response): Promise<StepUpRequest | undefined> {
  const { code, problem } = await readPawlError(response);
  if (code !== 'insufficient_user_authentication') return undefined;
  // Not exposed to pages of another origin by every service, so the problem's own members come first.
  const header = response.headers.get('WWW-Authenticate') ?? '';
  const acr = problem?.['acr_values'] ?? /acr_values="?([^",\s]+)/.exec(header)?.[1];
  const maxAge = Number(problem?.['max_age'] ?? /max_age="?(\d+)/.exec(header)?.[1] ?? NaN);
  return { ...(acr !== undefined && { acr: acr }), ...(maxAge >= 0 && { maxAgeSeconds: maxAge }) };
}

/** Asks until a proof is accepted. Resolves to whether one was: the user can decline. */
export async function stepUp(
  request: StepUpRequest,
  prompt: StepUpPrompt,
  transport: Transport,
  send: Send,
): Promise<boolean> {
  let asked = request;
  for (let proofs = 0; ; proofs++) {
    const proof = await prompt(asked);
    if (!proof) return false;
    const error = await prove(proof, transport, send);
    if (!error) return true;
    if (proofs + 1 === maxProofs) throw error;
    asked = { ...request, error };
  }
}

/** Resolves to what was wrong with the proof. */
async function prove(proof: StepUpProof, transport: Transport, send: Send): Promise<PawlError | undefined> {
  let body: Record<string, unknown>;
  try {
    body = 'passkey' in proof ? await passkeyBody(proof.passkey, transport) : proof;
  } catch (cause) {
    if (cause instanceof PawlError) throw cause;
    // The browser has no passkey for this account, or the user dismissed its prompt: another proof may do.
    return new PawlError('passkey_invalid', 'No passkey was used.', undefined, {}, undefined, undefined, { cause });
  }
  const response = await send('/auth/step-up', body);
  return response.ok ? undefined : readPawlError(response);
}
