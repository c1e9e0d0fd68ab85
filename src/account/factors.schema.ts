import { z } from 'zod';
import { accessTokenMembers } from '../access/token-response.schema.js';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import { ChallengeText, PasskeyCreationJson, SixDigits } from '../factors/factor.schema.js';
import type { FactorSummary } from '../factors/second-factors.js';

const FactorName = z.string().trim().min(1).max(100).meta({ example: 'Ada’s phone' });

export const FactorView = z
  .object({
    id: Id,
    type: z.enum(['totp', 'passkey']).meta({ description: '`totp` is an authenticator app.', example: 'passkey' }),
    name: FactorName.nullable(),
    created_at: Instant,
    last_used_at: Instant.nullable().meta({ description: 'Null before the first sign-in with it.' }),
  })
  .meta({ id: 'Factor' });
export type FactorView = z.infer<typeof FactorView>;

export const FactorList = z
  .object({
    factors: z.array(FactorView),
    recovery_codes_left: z.int().min(0).meta({ description: 'Create new ones when few are left.', example: 10 }),
  })
  .meta({ id: 'FactorList' });
export type FactorList = z.infer<typeof FactorList>;

/** An authenticator app that waits for its first code. */
export const TotpSetup = z
  .object({
    id: Id,
    secret: z.string().meta({
      description: 'Base32, for apps that cannot read the QR code.',
      example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    }),
    uri: z.string().meta({ description: 'What the QR code says.', example: 'otpauth://totp/…' }),
    qr_svg: z.string().meta({ description: 'The QR code, an SVG element.', example: '<svg …></svg>' }),
  })
  .meta({ id: 'TotpSetup' });
export type TotpSetup = z.infer<typeof TotpSetup>;

export const ConfirmTotpBody = z.strictObject({ code: SixDigits }).meta({ id: 'ConfirmTotp' });
export type ConfirmTotpBody = z.infer<typeof ConfirmTotpBody>;

export const PasskeyCreationOptions = z
  .object({
    challenge: z
      .string()
      .meta({ description: 'For POST /auth/factors/passkeys, within five minutes.', example: 'pwb1_…' }),
    options: z.record(z.string(), z.unknown()).meta({
      description: 'For `navigator.credentials.create()`: `PublicKeyCredentialCreationOptionsJSON` of WebAuthn.',
      example: { challenge: 'AQID…', rp: { id: 'example.com', name: 'example.com' } },
    }),
  })
  .meta({ id: 'PasskeyCreationOptions' });
export type PasskeyCreationOptions = z.infer<typeof PasskeyCreationOptions>;

export const NoBody = z.strictObject({}).default({}).meta({ id: 'Nothing', example: {} });

export const AddPasskeyBody = z
  .strictObject({ challenge: ChallengeText, passkey: PasskeyCreationJson, name: FactorName.default('Passkey') })
  .meta({ id: 'AddPasskey' });
export type AddPasskeyBody = z.infer<typeof AddPasskeyBody>;

export const RenameFactorBody = z.strictObject({ name: FactorName }).meta({ id: 'RenameFactor' });
export type RenameFactorBody = z.infer<typeof RenameFactorBody>;

const RecoveryCodeList = z.array(z.string()).meta({ example: ['7k2m-9xqd-0fhw-3tzc'] });

export const RecoveryCodesView = z.object({ recovery_codes: RecoveryCodeList }).meta({ id: 'RecoveryCodes' });
export type RecoveryCodesView = z.infer<typeof RecoveryCodesView>;

/** A new factor. The access token says that the session has a second factor now. */
export const AddedFactor = z
  .object({
    id: Id,
    recovery_codes: RecoveryCodeList.meta({
      description: 'Shown once: each signs in once without the factor. Empty if you have codes already.',
    }),
    ...accessTokenMembers,
  })
  .meta({ id: 'AddedFactor' });
export type AddedFactor = z.infer<typeof AddedFactor>;

export function toFactorView({ id, type, name, createdAt, lastUsedAt }: FactorSummary): FactorView {
  return { id, type, name, created_at: createdAt.toISOString(), last_used_at: lastUsedAt?.toISOString() ?? null };
}
