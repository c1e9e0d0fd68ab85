import type { KeyObject } from 'node:crypto';
import { constants, createHmac, sign } from 'node:crypto';
import type { SigningAlgorithm } from '../keys/key-schedule.js';
import type { Signer } from '../keys/signing-keys.js';

/**
 * A JWT of type `at+jwt` in the compact form (RFC 7515 section 7.1), signed with the key and its own algorithm. This is
 * written out because every refresh signs, and the libraries around `crypto.sign` cost as much as the signature itself
 * (docs/performance.md). Tokens are verified by libraries only.
 */
export function signJwt(claims: object, key: Signer): string {
  const input = `${headerOf(key)}.${encode(claims)}`;
  return `${input}.${signatures[key.algorithm](Buffer.from(input), key.signsWith).toString('base64url')}`;
}

/** The same for every token of a key, so it is encoded once. */
const headers = new WeakMap<Signer, string>();

function headerOf(key: Signer): string {
  let header = headers.get(key);
  if (header === undefined) {
    header = encode({ alg: key.algorithm, typ: 'at+jwt', kid: key.kid });
    headers.set(key, header);
  }
  return header;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const signatures: Record<SigningAlgorithm, (input: Buffer, key: KeyObject) => Buffer> = {
  // RFC 7518 section 3.4: R and S side by side, not the DER that OpenSSL writes otherwise.
  ES256: (input, key) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
  // Section 3.3: RSASSA-PKCS1-v1_5.
  RS256: (input, key) => sign('sha256', input, key),
  // Section 3.5: the salt is as long as the hash.
  PS256: (input, key) =>
    sign('sha256', input, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  // Section 3.2.
  HS256: (input, key) => createHmac('sha256', key).update(input).digest(),
};
