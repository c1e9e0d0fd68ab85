import { readArgon2 } from './foreign/argon2-hash.js';
import { readBcrypt } from './foreign/bcrypt-hash.js';
import { readFirebase } from './foreign/firebase-hash.js';
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

const readers = [readArgon2, readBcrypt, readScrypt, readFirebase, readPbkdf2, readOldHash];

/** Reads a hash in any of the spellings of docs/operations.md. Throws UnusableHash for any other, and for costs out of bounds. */
export function parseForeignHash(given: string): ForeignHash {
  const text = withoutDecoration(given);
  if (text.length > maxCharacters) throw new UnusableHash(`is longer than ${maxCharacters} characters`);
  for (const read of readers) {
    const hash = read(text);
    if (hash) return hash;
  }
  const known = unsupported.find(([shape]) => shape.test(text));
  if (known) throw new UnusableHash(`is ${known[1]}: leave the hash out`);
  throw new UnusableHash('is not a hash that Pawl can check: docs/operations.md lists those it can');
}

const unsupported: readonly [shape: RegExp, name: string][] = [
  [/^\$(1|apr1)\$/, 'MD5 of crypt(3), which no maintained library checks'],
  [/^\$(y|gy|7)\$/, 'yescrypt or scrypt of crypt(3), which no maintained library checks'],
  [/^\$2x\$/, 'bcrypt of a faulty implementation, which matches other passwords too'],
  [/^\{(SHA|MD5|NT)[-\d]*\}|^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i, 'a hash without a salt'],
];

/** The same hash without what other systems put around it: blanks, Spring's and LDAP's `{bcrypt}`, Django's `argon2$`. */
function withoutDecoration(text: string): string {
  return text
    .trim()
    .replace(
      /^\{(?:(?:blf-|sha256-|sha512-|md5-)?crypt|(?:bcrypt|argon2(?:id|i|d)?|scrypt|pbkdf2)(?:@[\w.]{1,40})?)\}(?=\$)/i,
      '',
    )
    .replace(/^argon2(?=\$argon2)/, '');
}
