import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey } from 'node:crypto';
import { z } from 'zod';
import type { SigningAlgorithm } from './key-schedule.js';

const named = { kid: z.string(), use: z.literal('sig') };

/** A public key as the JWKS shows it (RFC 7517, RFC 7518 section 6). */
export const PublicJwk = z
  .discriminatedUnion('kty', [
    z.object({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      alg: z.literal('ES256'),
      ...named,
    }),
    z.object({
      kty: z.literal('RSA'),
      n: z.string(),
      e: z.string(),
      alg: z.enum(['RS256', 'PS256']),
      ...named,
    }),
  ])
  .meta({
    id: 'JsonWebKey',
    example: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
      alg: 'ES256',
      use: 'sig',
    },
  });

export type PublicJwk = z.infer<typeof PublicJwk>;

/** Throws if the key does not fit the algorithm: a key is used with its own algorithm only (RFC 8725 section 3.1). */
export function describePublicKey(publicKey: KeyObject, algorithm: Exclude<SigningAlgorithm, 'HS256'>): PublicJwk {
  const bare = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(bare as PublicJwk);
  return PublicJwk.parse({ ...bare, kid, alg: algorithm, use: 'sig' });
}

/** Returns undefined if the JWK does not have the id that it is stored under. */
export function readPublicKey(
  stored: unknown,
  kid: string,
): { publicKey: KeyObject; publicJwk: PublicJwk } | undefined {
  const { data: publicJwk } = PublicJwk.safeParse(stored);
  if (!publicJwk || publicJwk.kid !== kid || thumbprint(publicJwk) !== kid) return undefined;
  return { publicKey: createPublicKey({ key: { ...publicJwk }, format: 'jwk' }), publicJwk };
}

/** RFC 7638 section 3: SHA-256 over the required members in lexicographic order. */
function thumbprint(jwk: PublicJwk): string {
  const required =
    jwk.kty === 'EC' ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } : { e: jwk.e, kty: jwk.kty, n: jwk.n };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
