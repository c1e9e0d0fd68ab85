import type { ForeignHash } from './foreign-hash.js';
import { parseForeignHash } from './foreign-hash.js';

const foreignMark = 'foreign:';

/** In the place of a hash: no password fits. Its owner chooses one by a password reset. */
export const noPassword = '!';

/**
 * How users.password_hash keeps a hash that another system made: marked, since that one hashed passwords as they were
 * typed. Ours, without a mark, are of the NFKC form.
 */
export function storeForeignHash(hash: string): string {
  return foreignMark + hash;
}

/** Undefined for a hash of ours. */
export function foreignHashOf(stored: string): ForeignHash | undefined {
  return stored.startsWith(foreignMark) ? parseForeignHash(stored.slice(foreignMark.length)) : undefined;
}

/** As it is exported: the hash that any reader of PHC and modular crypt strings knows; null for none. */
export function exportedHash(stored: string): string | null {
  if (stored === noPassword) return null;
  return stored.startsWith(foreignMark) ? stored.slice(foreignMark.length) : stored;
}
