import type { AsymmetricKeyDetails, JsonWebKey } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';

const maxKeys = 10;
const minRsaBits = 2048;
/** FIPS 186-5 appendix A.1.1: odd, and above 2^16. With an exponent of 1 anybody could sign. */
const minRsaExponent = 65_537n;

/** The algorithms that a client may sign its assertions with, by kind of key: never `none`, never a shared secret. */
const algorithmsByKind: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
  RSA: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
};

/** RFC 8414 section 2, `token_endpoint_auth_signing_alg_values_supported`. */
export const assertionAlgorithms: readonly string[] = Object.values(algorithmsByKind).flat();

/** RFC 7518 section 6: the members that only a private or a shared key has. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const text = z.string().max(2048).optional();

/** Other members are dropped (RFC 7517 section 4: unknown members are ignored). */
const PublicMembers = z.object({
  kty: z.enum(['EC', 'RSA', 'OKP']),
  crv: text,
  x: text,
  y: text,
  n: text,
  e: text,
  kid: text,
  alg: text,
  use: z.literal('sig').optional(),
});

/** A client's public key (RFC 7517 section 4) as it is stored. A private key is refused: it must never leave the client. */
const ClientJwk = z
  .looseObject({ kty: z.string() })
  .refine((key) => !privateMembers.some((member) => member in key), 'is a private key: send the public one only')
  .refine(mayVerify, 'must have verify among its key_ops')
  .pipe(PublicMembers)
  .superRefine((jwk, context) => {
    const fault = faultOf(jwk);
    if (fault) context.addIssue(fault);
  });

export const ClientJwks = z
  .object({ keys: z.array(ClientJwk).min(1).max(maxKeys) })
  .refine(({ keys }) => canBeToldApart(keys), 'must each have a kid of their own')
  .meta({
    description: 'The public keys (RFC 7517 section 5) that verify assertions; with `private_key_jwt` only.',
    example: {
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
          y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
          kid: 'first',
        },
      ],
    },
  });
export type ClientJwks = z.infer<typeof ClientJwks>;

/** RFC 7517 section 4.3: a key that says what it is for is used for nothing else. */
function mayVerify({ key_ops: operations }: Record<string, unknown>): boolean {
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

function faultOf(jwk: z.infer<typeof PublicMembers>): string | undefined {
  const algorithms = algorithmsByKind[jwk.kty === 'RSA' ? 'RSA' : (jwk.crv ?? '')];
  if (!algorithms) return 'is of a kind that is not supported';
  if (jwk.alg !== undefined && !algorithms.includes(jwk.alg)) return 'has an alg that does not fit its kind';
  const details = importedDetails(jwk);
  if (!details) return 'is not a public key';
  if (jwk.kty !== 'RSA') return undefined;
  const { modulusLength = 0, publicExponent = 0n } = details;
  // RFC 7518 section 3.3.
  if (modulusLength < minRsaBits) return `is shorter than ${minRsaBits} bits`;
  return publicExponent < minRsaExponent || publicExponent % 2n === 0n
    ? 'must have an odd exponent of at least 65537'
    : undefined;
}

/** Returns undefined if it is not a valid key. */
function importedDetails(jwk: JsonWebKey): AsymmetricKeyDetails | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails;
  } catch {
    // node:crypto refused it: for example a point that is not on its curve, or a missing member.
    return undefined;
  }
}

/** An assertion names its key (RFC 7515 section 4.1.4), unless there is only one. */
function canBeToldApart(keys: readonly { kid?: string }[]): boolean {
  const kids = keys.flatMap(({ kid }) => kid ?? []);
  return keys.length === 1 || new Set(kids).size === keys.length;
}
