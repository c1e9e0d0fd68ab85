import { createHash, createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import type { ForeignHash } from '../foreign-hash.js';
import { assertBetween } from './unusable-hash.js';

/** What is hashed by bcrypt, by the prefix of the string. */
const preparations: readonly [prefix: string, prepare: (password: string) => string][] = [
  // WordPress 6.8: wp_hash_password.
  ['$wp$', (password) => createHmac('sha384', 'wp-sha384').update(password).digest('base64')],
  // Django: BCryptSHA256PasswordHasher.
  ['bcrypt_sha256$$', (password) => createHash('sha256').update(password).digest('hex')],
  // Django: BCryptPasswordHasher.
  ['bcrypt$$', (password) => password],
  ['$', (password) => password],
];

/** `$2a$`, `$2b$` and `$2y$`, bare or as Django and WordPress store them. Bare bcrypt reads 72 bytes of a password. */
export function readBcrypt(text: string): ForeignHash | undefined {
  for (const [prefix, prepare] of preparations) {
    // Not 2x: a faulty implementation made those, and they match other passwords too.
    const [, cost, rest] = /^2[aby]\$(\d\d)\$([./A-Za-z0-9]{53})$/.exec(text.slice(prefix.length)) ?? [];
    if (!rest || !text.startsWith(prefix)) continue;
    assertBetween('cost', Number(cost), 4, 14);
    // 2y is what PHP calls 2b.
    return { verify: (password) => bcrypt.compare(prepare(password), `$2b$${cost}$${rest}`) };
  }
  return readPasslib(text);
}

/** passlib's `$bcrypt-sha256$v=2,t=2b,r=12$salt$digest`, and `$bcrypt-sha256$2b,12$salt$digest` of its first version. */
function readPasslib(text: string): ForeignHash | undefined {
  const shape =
    /^\$bcrypt-sha256\$(?:v=2,t=2[aby],r=(\d{1,2})|2[aby],(\d{1,2}))\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;
  const [, second, first, salt, digest] = shape.exec(text) ?? [];
  if (!digest) return undefined;
  const cost = Number(second ?? first);
  assertBetween('cost', cost, 4, 14);
  const prepared = (password: string) =>
    (second ? createHmac('sha256', salt!) : createHash('sha256')).update(password).digest('base64');
  const canonical = `$2b$${String(cost).padStart(2, '0')}$${salt}${digest}`;
  return { verify: (password) => bcrypt.compare(prepared(password), canonical) };
}
