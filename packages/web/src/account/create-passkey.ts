import { unwrap } from '@pawl/client';
import type { Words } from '../i18n/en.js';
import { pawl } from '../pawl.js';
import { deviceOf, nameOfDevice } from './device.js';

interface CreatesFromJson {
  parseCreationOptionsFromJSON(options: unknown): PublicKeyCredentialCreationOptions;
}

/** Lets the browser create a passkey, and adds it to the account. Returns new recovery codes, if there are any. */
export async function addPasskey(words: Words): Promise<string[]> {
  const { challenge, options } = await unwrap(pawl.api.POST('/auth/factors/passkeys/options', { body: {} }));
  const passkey = (await createPasskey(options)) as never;
  const device = deviceOf(navigator.userAgent);
  const name = device ? nameOfDevice(device, words) : words.security.factor.passkey;
  const added = await unwrap(pawl.api.POST('/auth/factors/passkeys', { body: { challenge, passkey, name } }));
  return added.recovery_codes;
}

/** Whether the browser created none: it cannot, it has one already, or the user dismissed the prompt. */
export function isNotCreated(error: unknown): boolean {
  return error instanceof DOMException;
}

async function createPasskey(options: unknown): Promise<unknown> {
  if (!('PublicKeyCredential' in globalThis)) throw new DOMException('no passkeys here', 'NotSupportedError');
  const factory = PublicKeyCredential as unknown as CreatesFromJson;
  const publicKey = factory.parseCreationOptionsFromJSON(options);
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  if (!credential) throw new DOMException('no passkey', 'NotAllowedError');
  return credential.toJSON();
}
