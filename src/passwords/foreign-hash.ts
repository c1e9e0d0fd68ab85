import { readArgon2 } from './foreign/argon2-hash.js';
import { readBcrypt } from './foreign/bcrypt-hash.js';
import { readOldHash } from './foreign/old-hash.js';
import { readPbkdf2 } from './foreign/pbkdf2-hash.js';
import { readScrypt } from './foreign/scrypt-hash.js';
import { UnusableHash } from './foreign/unusable-hash.js';

/** A hash that another system made. */
export interface ForeignHash {
  /** May take about a second of one core, and 256 MiB: what would take more is not imported. */
  verify(password: string): Promise<boolean>;
}

/** The column users.password_hash, less the mark of a foreign hash. */
const maxCharacters = 500;

const readers = [readArgon2, readBcrypt, readScrypt, readPbkdf2, readOldHash];

/** Reads a hash in any of the spellings of docs/operations.md. Throws UnusableHash for any other, and for costs out of bounds. */
export function parseForeignHash(given: string): ForeignHash {
  const text = withoutDecoration(given);
  if (text.length > maxCharacters) throw new UnusableHash(`is longer than ${maxCharacters} characters`);
  for (const read of readers) {
    const hash = read(text);
    if (hash) return hash;
  }
  throw new UnusableHash('is not a hash that Pawl can check: docs/operations.md lists those it can');
}

/** The same hash without what other systems put around it: blanks, Spring's and LDAP's `{bcrypt}`, Django's `argon2$`. */
function withoutDecoration(text: string): string {
  return text
    .trim()
    .replace(/^\{(?:bcrypt|crypt|blf-crypt|argon2(?:id|i|d)?(?:@[\w.]{1,40})?|scrypt|pbkdf2)\}(?=\$)/i, '')
    .replace(/^argon2(?=\$argon2)/, '');
}
