import { randomBytes } from 'node:crypto';
import { equalBytes, sha256 } from '../secrets/bytes.js';

const secretBytes = 32;
/** Tells people, and scanners of repositories, what leaked. */
const prefix = 'pwls_';
const noHash = Buffer.alloc(32);

/** How many secrets of a client count at a time, the newest ones: enough to replace one without a refused request. */
export const liveSecrets = 2;

/** 256 random bits: a plain hash of it is as good as a slow one. It needs no encoding in a form or a header. */
export function newClientSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64url');
}

export function hashOfSecret(secret: string): Buffer {
  return sha256(Buffer.from(secret));
}

/** The same work for a right, a wrong and a missing one: always one hash and two comparisons in constant time. */
export function secretMatches(presented: string, hashes: readonly Uint8Array[]): boolean {
  const hash = hashOfSecret(presented);
  let matches = false;
  for (let slot = 0; slot < liveSecrets; slot++) {
    // Nothing hashes to zeros that anybody could find.
    if (equalBytes(hash, hashes[slot] ?? noHash)) matches = true;
  }
  return matches;
}
