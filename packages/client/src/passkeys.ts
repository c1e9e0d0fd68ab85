/** Asks for a passkey: the browser's own call by default, or `startAuthentication` of `@simplewebauthn/browser`. */
export type PasskeyPrompt = (options: unknown) => Promise<unknown>;

interface WebAuthn {
  PublicKeyCredential?: { parseRequestOptionsFromJSON?: (options: unknown) => unknown };
  navigator: {
    credentials: { get(options: { publicKey: unknown }): Promise<{ toJSON(): unknown } | null> };
  };
}

/** Throws if this browser has no passkeys, or if the user dismisses the prompt. */
export const promptForPasskey: PasskeyPrompt = async (options) => {
  const { PublicKeyCredential, navigator } = globalThis as unknown as WebAuthn;
  if (!PublicKeyCredential?.parseRequestOptionsFromJSON) throw new Error('This browser does not support passkeys.');
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  if (!credential) throw new Error('No passkey was chosen.');
  return credential.toJSON();
};
