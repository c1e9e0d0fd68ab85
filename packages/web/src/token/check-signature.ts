import type { components } from '@pawl/client';
import type { DecodedToken } from './decode.js';

export type Jwk = components['schemas']['JsonWebKey'];

/** `unchecked`: the browser offers no WebCrypto, which it does over HTTPS and on localhost only. */
export type SignatureVerdict = 'valid' | 'invalid' | 'unknown-key' | 'no-signature' | 'shared-secret' | 'unchecked';

/** RFC 7518 section 3.1. The algorithm comes from the key, never from the token alone (RFC 8725 section 3.1). */
const algorithms: Readonly<Record<Jwk['alg'], { import: object; verify: object }>> = {
  ES256: { import: { name: 'ECDSA', namedCurve: 'P-256' }, verify: { name: 'ECDSA', hash: 'SHA-256' } },
  RS256: { import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, verify: { name: 'RSASSA-PKCS1-v1_5' } },
  PS256: { import: { name: 'RSA-PSS', hash: 'SHA-256' }, verify: { name: 'RSA-PSS', saltLength: 32 } },
};

/** Checks the signature with the published keys, in this page. */
export async function checkSignature(token: DecodedToken, keys: readonly Jwk[]): Promise<SignatureVerdict> {
  const { alg, kid } = token.header;
  if (typeof alg !== 'string' || alg.toLowerCase() === 'none') return 'no-signature';
  if (alg.startsWith('HS')) return 'shared-secret';
  const key = keys.find((candidate) => candidate.kid === kid);
  if (!key) return 'unknown-key';
  if (key.alg !== alg) return 'invalid';
  // Undefined outside of a secure context, whatever the types say.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) return 'unchecked';
  const { import: importAs, verify } = algorithms[key.alg];
  const publicKey = await subtle.importKey('jwk', key, importAs as EcKeyImportParams, false, ['verify']);
  const signed = new TextEncoder().encode(token.signed);
  return (await subtle.verify(verify as EcdsaParams, publicKey, token.signature, signed)) ? 'valid' : 'invalid';
}
