import type { ForeignHash } from './foreign-hash.js';
import { parseForeignHash } from './foreign-hash.js';

const foreignMark = 'foreign:';

/** Stored instead of a hash: no password matches. The user chooses one with a password reset. */
export const noPassword = '!';

/**
 * The form of another system's hash in users.password_hash. It is marked, because other systems hash passwords as typed. Our
 * own hashes have no mark and are of the NFKC form.
 */
export function storeForeignHash(hash: string): string {
  return foreignMark + hash;
}

/** Returns undefined for our own hashes. */
export function foreignHashOf(stored: string): ForeignHash | undefined {
  return stored.startsWith(foreignMark) ? parseForeignHash(stored.slice(foreignMark.length)) : undefined;
}

/** The hash as it is exported: a PHC or modular crypt string that other systems read. Null if there is none. */
export function exportedHash(stored: string): string | null {
  if (stored === noPassword) return null;
  return stored.startsWith(foreignMark) ? stored.slice(foreignMark.length) : stored;
}
