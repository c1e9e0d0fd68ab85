import { randomBytes } from 'node:crypto';
import { sha256 } from '../secrets/bytes.js';

const codeBytes = 10;
/** Crockford's base32: without I, L, O and U, which people mistake for others. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const shape = /^[0-9a-hjkmnp-tv-z]{16}$/;

/** Draws a code of 80 bits, such as `7k2m-9xqd-0fhw-3tzc`. */
export function newRecoveryCode(): string {
  let bits = BigInt(`0x${randomBytes(codeBytes).toString('hex')}`);
  let text = '';
  for (let i = 0; i < 16; i++) {
    text = alphabet[Number(bits & 31n)]! + text;
    bits >>= 5n;
  }
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

/**
 * The hashes that a stored code may have, for a code as people type it: in any case, with or without hyphens. The first is
 * how codes are stored today, salted with the id of their user, so that a guess at the codes in a copy of the database is a
 * guess at those of one user. The other is how they were stored before, and how other systems store them. Returns
 * undefined for what cannot be a code.
 */
export function recoveryCodeHashes(userId: string, typed: string): [salted: Buffer, plain: Buffer] | undefined {
  const code = typed.toLowerCase().replace(/[\s-]/g, '').replace(/[il]/g, '1').replaceAll('o', '0');
  return shape.test(code) ? [sha256(Buffer.from(`${userId} ${code}`)), sha256(Buffer.from(code))] : undefined;
}
