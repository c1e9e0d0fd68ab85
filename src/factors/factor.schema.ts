import { z } from 'zod';
import type { PasskeyCreation, PasskeyResponse } from './web-authn.js';

/** A challenge as the service spelled it. The look-up checks its shape. */
export const ChallengeText = z
  .string()
  .max(200)
  .meta({ description: 'The `challenge` of the response before.', example: 'pwb1_…' });

/** Six digits. Apps show them in groups, and people type the spaces. */
export const SixDigits = z
  .string()
  .max(20)
  .transform((text) => text.replace(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'must be six digits'))
  .meta({ example: '123456' });

/** A check that exactly one of these members is there. */
export function hasExactlyOneOf(...names: string[]): (body: object) => boolean {
  return (body) => names.filter((name) => (body as Record<string, unknown>)[name] !== undefined).length === 1;
}

const base64url = z.string().min(1).max(32_768).meta({ description: 'base64url', example: 'AQID…' });
const shared = {
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(32).nullish().meta({ example: 'platform' }),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}).meta({ example: {} }),
};

/** What `navigator.credentials.create()` returns, as JSON (WebAuthn section 5.1, RegistrationResponseJSON). */
export const PasskeyCreationJson = z
  .looseObject({
    ...shared,
    response: z.looseObject({
      clientDataJSON: base64url,
      attestationObject: base64url,
      transports: z
        .array(z.string().max(32))
        .max(20)
        .optional()
        .meta({ example: ['internal'] }),
    }),
  })
  .transform((value) => value as unknown as PasskeyCreation)
  .meta({ id: 'PasskeyCreation', description: '`RegistrationResponseJSON` of WebAuthn.' });

/** What `navigator.credentials.get()` returns, as JSON (AuthenticationResponseJSON). */
export const PasskeyResponseJson = z
  .looseObject({
    ...shared,
    response: z.looseObject({
      clientDataJSON: base64url,
      authenticatorData: base64url,
      signature: base64url,
      userHandle: z.string().max(200).nullish().meta({ description: 'base64url', example: 'AQID…' }),
    }),
  })
  .transform((value) => toPasskeyResponse(value as unknown as PasskeyResponse))
  .meta({ id: 'PasskeyResponse', description: '`AuthenticationResponseJSON` of WebAuthn.' });

export const examplePasskeyResponse = {
  id: 'AQID…',
  rawId: 'AQID…',
  type: 'public-key',
  response: { clientDataJSON: 'AQID…', authenticatorData: 'AQID…', signature: 'AQID…', userHandle: 'AQID…' },
  clientExtensionResults: {},
};

/** Browsers say null, and others nothing, for a user handle that is missing. */
function toPasskeyResponse(value: PasskeyResponse): PasskeyResponse {
  const { userHandle } = value.response;
  return { ...value, response: { ...value.response, userHandle: userHandle ?? undefined } };
}
