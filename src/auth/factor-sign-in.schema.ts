import { z } from 'zod';
import { ChallengeText, PasskeyResponseJson, SixDigits } from '../factors/factor.schema.js';
import { clientId, delivery, scope } from './auth.schema.js';

const RecoveryCodeText = z.string().max(60).meta({
  description: 'In any case, with or without hyphens.',
  example: '7k2m-9xqd-0fhw-3tzc',
});

/** The response to `second_factor_required`. */
export const FactorBody = z
  .union([
    z.strictObject({ challenge: ChallengeText, code: SixDigits }),
    z.strictObject({ challenge: ChallengeText, recovery_code: RecoveryCodeText }),
    z.strictObject({ challenge: ChallengeText, passkey: PasskeyResponseJson }),
  ])
  .meta({ id: 'FactorResponse', example: { challenge: 'pwb1_…', code: '123456' } });
export type FactorBody = z.infer<typeof FactorBody>;

export const PasskeyOptionsBody = z.strictObject({}).default({}).meta({ id: 'PasskeyOptionsRequest', example: {} });

export const PasskeyOptions = z
  .object({
    challenge: z.string().meta({ description: 'For POST /auth/passkeys/login, within five minutes.' }),
    options: z.record(z.string(), z.unknown()).meta({
      description: 'For `navigator.credentials.get()`: `PublicKeyCredentialRequestOptionsJSON` of WebAuthn.',
    }),
  })
  .meta({ id: 'PasskeyOptions' });
export type PasskeyOptions = z.infer<typeof PasskeyOptions>;

export const PasskeyLoginBody = z
  .strictObject({ challenge: ChallengeText, passkey: PasskeyResponseJson, delivery, client_id: clientId, scope })
  .meta({ id: 'PasskeyLogin' });
export type PasskeyLoginBody = z.infer<typeof PasskeyLoginBody>;
