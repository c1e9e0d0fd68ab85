import { Secret } from 'otpauth';
import { z } from 'zod';
import type { TransferredFactors } from '../../factors/factor-transfer.js';

const base64url = z.string('must be text').regex(/^[A-Za-z0-9_-]+$/, 'must be base64url');
const base32 = z
  .string('must be text')
  .transform((text) => text.replace(/[\s=-]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[A-Z2-7]{16,103}$/, 'must be 10 to 64 bytes in base32'));

/** The second factors in a line of NDJSON. */
export const factorColumns = {
  totp_secret: base32.nullish(),
  passkeys: z
    .array(
      z.strictObject({
        name: z.string('must be text').trim().min(1).max(100).default('Passkey'),
        credential_id: base64url.max(1364),
        public_key: base64url.max(8192),
        sign_count: z.int().min(0).max(0xffff_ffff).default(0),
        transports: z
          .array(z.string().regex(/^[a-z-]{1,32}$/))
          .max(10)
          .default([]),
        synced: z.boolean('must be true or false').default(false),
      }),
    )
    .max(20)
    .nullish(),
  recovery_code_hashes: z.array(base64url.length(43, 'must be 32 bytes in base64url')).max(100).nullish(),
};

type FactorColumns = z.infer<z.ZodObject<typeof factorColumns>>;

/** Undefined without a factor: recovery codes alone are of no use. */
export function toTransferred(columns: FactorColumns): TransferredFactors | undefined {
  const { totp_secret: secret, passkeys, recovery_code_hashes: hashes } = columns;
  if (!secret && !passkeys?.length) return undefined;
  return {
    ...(secret && { totpSecret: Secret.fromBase32(secret).bytes }),
    passkeys: (passkeys ?? []).map(({ credential_id: credentialId, public_key: publicKey, sign_count, ...rest }) => ({
      ...rest,
      credentialId,
      publicKey,
      signCount: sign_count,
    })),
    recoveryCodeHashes: (hashes ?? []).map((hash) => Buffer.from(hash, 'base64url')),
  };
}

export function toFactorColumns({ totpSecret, passkeys, recoveryCodeHashes }: TransferredFactors): FactorColumns {
  return {
    ...(totpSecret && { totp_secret: new Secret({ buffer: new Uint8Array(totpSecret).buffer }).base32 }),
    ...(passkeys.length > 0 && {
      passkeys: passkeys.map(({ credentialId, publicKey, signCount, ...rest }) => ({
        ...rest,
        credential_id: credentialId,
        public_key: publicKey,
        sign_count: signCount,
      })),
    }),
    recovery_code_hashes: recoveryCodeHashes.map((hash) => Buffer.from(hash).toString('base64url')),
  };
}
