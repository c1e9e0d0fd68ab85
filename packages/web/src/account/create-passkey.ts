interface CreatesFromJson {
  parseCreationOptionsFromJSON(options: unknown): PublicKeyCredentialCreationOptions;
}

/** Lets the browser create a passkey. Throws if it cannot, or if the user dismisses the prompt. */
export async function createPasskey(options: unknown): Promise<unknown> {
  const factory = PublicKeyCredential as unknown as CreatesFromJson;
  const publicKey = factory.parseCreationOptionsFromJSON(options);
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  if (!credential) throw new Error('No passkey was created.');
  return credential.toJSON();
}
