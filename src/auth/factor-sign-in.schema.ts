import { z } from 'zod';
import {
  ChallengeText,
  examplePasskeyResponse,
  hasExactlyOneOf,
  PasskeyResponseJson,
  SixDigits,
} from '../factors/factor.schema.js';
import { clientId, delivery, scope } from './auth.schema.js';
import type { FactorResponse } from './factor-proofs.js';

const RecoveryCodeText = z.string().max(60).meta({
  description: 'In any case, with or without hyphens.',
  example: '7k2m-9xqd-0fhw-3tzc',
});

/** The response to `second_factor_required`. */
export const FactorBody = z
  .strictObject({
    challenge: ChallengeText,
    code: SixDigits.optional(),
    recovery_code: RecoveryCodeText.optional(),
    passkey: PasskeyResponseJson.optional(),
  })
  .refine(hasExactlyOneOf('code', 'recovery_code', 'passkey'), 'must have code, recovery_code or passkey, and only one')
  .transform((body) => body as FactorResponse & { challenge: string })
  .meta({ id: 'FactorResponse', example: { challenge: 'pwb1_…', code: '123456' } });
export type FactorBody = z.infer<typeof FactorBody>;

export const PasskeyOptionsBody = z.strictObject({}).default({}).meta({ id: 'PasskeyOptionsRequest', example: {} });

export const PasskeyOptions = z
  .object({
    challenge: z
      .string()
      .meta({ description: 'For POST /auth/passkeys/login, within five minutes.', example: 'pwb1_…' }),
    options: z.record(z.string(), z.unknown()).meta({
      description: 'For `navigator.credentials.get()`: `PublicKeyCredentialRequestOptionsJSON` of WebAuthn.',
      example: { challenge: 'AQID…', rpId: 'example.com', userVerification: 'required' },
    }),
  })
  .meta({ id: 'PasskeyOptions' });
export type PasskeyOptions = z.infer<typeof PasskeyOptions>;

export const PasskeyLoginBody = z
  .strictObject({ challenge: ChallengeText, passkey: PasskeyResponseJson, delivery, client_id: clientId, scope })
  .meta({ id: 'PasskeyLogin', example: { challenge: 'pwb1_…', passkey: examplePasskeyResponse, delivery: 'body' } });
export type PasskeyLoginBody = z.infer<typeof PasskeyLoginBody>;
