import { randomBytes } from 'node:crypto';
import { equalBytes, sha256 } from '../secrets/bytes.js';

const secretBytes = 32;
/** Shows people, and scanners of repositories, what kind of secret leaked. */
const prefix = 'pwls_';
const noHash = Buffer.alloc(32);

/** The newest secrets of a client are valid, so that one can be replaced without a refused request. */
export const liveSecrets = 2;

/** 256 random bits, so a fast hash is enough. It needs no encoding in a form or a header. */
export function newClientSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64url');
}

export function hashOfSecret(secret: string): Buffer {
  return sha256(Buffer.from(secret));
}

/** Does the same work for a right, a wrong and a missing secret: one hash and two comparisons in constant time. */
export function secretMatches(presented: string, hashes: readonly Uint8Array[]): boolean {
  const hash = hashOfSecret(presented);
  let matches = false;
  for (let slot = 0; slot < liveSecrets; slot++) {
    // Nobody can find a secret that hashes to zeros.
    if (equalBytes(hash, hashes[slot] ?? noHash)) matches = true;
  }
  return matches;
}
