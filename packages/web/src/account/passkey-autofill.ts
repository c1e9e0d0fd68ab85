import type { PasskeyPrompt, SignInResult } from '@pawl/client';
import { pawl } from '../pawl.js';

/** The service forgets the challenge of a prompt after five minutes. */
const renewAfterMs = 4 * 60_000;

/** Conditional UI of WebAuthn: the browser offers passkeys among what it fills in. */
interface ConditionalWebAuthn {
  isConditionalMediationAvailable?: () => Promise<boolean>;
  parseRequestOptionsFromJSON?: (options: unknown) => PublicKeyCredentialRequestOptions;
}

/**
 * Signs in with a passkey that the visitor picks at the email field, without an address. Resolves to undefined if the
 * browser cannot offer that, or after `signal`. Throws if the passkey was refused.
 */
export async function signInByAutofill(signal: AbortSignal): Promise<SignInResult | undefined> {
  const webAuthn = (globalThis as { PublicKeyCredential?: ConditionalWebAuthn }).PublicKeyCredential;
  if (!webAuthn?.parseRequestOptionsFromJSON || !(await webAuthn.isConditionalMediationAvailable?.())) return undefined;
  while (!signal.aborted) {
    const expiry = AbortSignal.timeout(renewAfterMs);
    const ends = AbortSignal.any([signal, expiry]);
    const prompt: PasskeyPrompt = async (options) => {
      const publicKey = webAuthn.parseRequestOptionsFromJSON!(options);
      const credential = await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: ends });
      return (credential as PublicKeyCredential).toJSON();
    };
    try {
      return await pawl.signIn({ passkey: prompt });
    } catch (error) {
      if (!ends.aborted) throw error;
    }
  }
  return undefined;
}
