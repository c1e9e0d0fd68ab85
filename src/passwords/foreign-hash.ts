import { pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import argon2 from 'argon2';
import bcrypt from 'bcrypt';
import { equalBytes } from '../secrets/bytes.js';

const derivePbkdf2 = promisify(pbkdf2);
const deriveScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** A hash that another system made, understood: ready to check a password off the event loop. */
export interface ForeignHash {
  verify(password: string): Promise<boolean>;
}

/** What a check may cost: about a second of one core, and 256 MiB. A hash that asks for more would stand in everybody's way. */
const most = {
  argon2MemoryKib: 256 * 1024,
  /** Memory times passes. */
  argon2Work: 1024 * 1024,
  bcryptCost: 14,
  scryptMemoryBytes: 256 * 1024 * 1024,
  /** N times r times p; the most that OWASP names is 2 ** 20. */
  scryptWork: 2 ** 22,
  pbkdf2Iterations: 2_000_000,
};
const maxSaltBytes = 64;
const minHashBytes = 16;
const maxHashBytes = 64;
/** Column users.password_hash, less the mark that it is a foreign one. */
const maxCharacters = 500;

/** Why a hash cannot be taken, in words for the operator. */
export class UnusableHash extends Error {
  override readonly name = 'UnusableHash';
}

/**
 * Reads a PHC string or a modular crypt string of argon2, bcrypt, scrypt or PBKDF2; Django's PBKDF2 too. Throws UnusableHash
 * for anything else, and for costs out of bounds.
 */
export function parseForeignHash(text: string): ForeignHash {
  if (text.length > maxCharacters) throw new UnusableHash(`is longer than ${maxCharacters} characters`);
  for (const read of [readArgon2, readBcrypt, readScrypt, readPbkdf2]) {
    const hash = read(text);
    if (hash) return hash;
  }
  throw new UnusableHash('is no argon2, bcrypt, scrypt or pbkdf2 hash as a PHC or modular crypt string');
}

function readArgon2(text: string): ForeignHash | undefined {
  const shape = /^\$argon2(?:id|i|d)\$v=(?:16|19)\$m=(\d{1,9}),t=(\d{1,6}),p=(\d{1,3})\$([\w+/-]+)\$([\w+/-]+)$/;
  const [, memory, passes, lanes, salt, hash] = shape.exec(text) ?? [];
  if (!hash) return undefined;
  const [m, t, p] = [Number(memory), Number(passes), Number(lanes)];
  bound('memory', m, 8 * p, most.argon2MemoryKib);
  bound('passes', t, 1, Infinity);
  bound('lanes', p, 1, 64);
  bound('memory times passes', m * t, 1, most.argon2Work);
  // RFC 9106 section 3.1 asks for eight bytes of salt at least.
  const [, hashed] = [decode(salt!, 8), decode(hash, minHashBytes)];
  bound('hash bytes', hashed.length, minHashBytes, maxHashBytes);
  return { verify: (password) => argon2.verify(text, password) };
}

/** Checks the first 72 bytes of a password and no more, as bcrypt does everywhere. */
function readBcrypt(text: string): ForeignHash | undefined {
  // Not 2x: those were made by a faulty implementation, and fit other passwords too.
  const [, cost, rest] = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{53})$/.exec(text) ?? [];
  if (!rest) return undefined;
  bound('cost', Number(cost), 4, most.bcryptCost);
  // 2y is what PHP calls 2b.
  return { verify: (password) => bcrypt.compare(password, `$2b$${cost}$${rest}`) };
}

function readScrypt(text: string): ForeignHash | undefined {
  const shape = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/.-]+)\$([\w+/.-]+)$/;
  const [, ln, blocks, lanes, salt, hash] = shape.exec(text) ?? [];
  if (!hash) return undefined;
  const [N, r, p] = [2 ** Number(ln), Number(blocks), Number(lanes)];
  bound('ln', Number(ln), 1, 24);
  bound('r', r, 1, 64);
  bound('p', p, 1, 64);
  bound('memory', 128 * N * r, 1, most.scryptMemoryBytes);
  bound('N times r times p', N * r * p, 1, most.scryptWork);
  const maxmem = 128 * r * (N + p + 2) + 1024;
  return derived(decode(salt!), decode(hash, minHashBytes), (password, salted, bytes) =>
    deriveScrypt(password, salted, bytes, { N, r, p, maxmem }),
  );
}

function readPbkdf2(text: string): ForeignHash | undefined {
  const phc = /^\$pbkdf2-(sha\d+)\$i=(\d{1,9})(?:,l=\d{1,3})?\$([\w+/-]+)\$([\w+/-]+)$/.exec(text);
  const modularCrypt = /^\$pbkdf2(?:-(sha\d+))?\$(\d{1,9})\$([\w+/.-]+)\$([\w+/.-]+)$/.exec(text);
  const django = /^pbkdf2_(sha\d+)\$(\d{1,9})\$([^$\s]{1,64})\$([\w+/]+=*)$/.exec(text);
  const [, digest = 'sha1', iterations, salt, hash] = phc ?? modularCrypt ?? django ?? [];
  if (!hash) return undefined;
  if (!['sha1', 'sha256', 'sha512'].includes(digest)) throw new UnusableHash(`has an unknown digest ${digest}`);
  bound('iterations', Number(iterations), 1, most.pbkdf2Iterations);
  // Django salts with the characters themselves.
  return derived(django ? Buffer.from(salt!) : decode(salt!), decode(hash, minHashBytes), (password, salted, bytes) =>
    derivePbkdf2(password, salted, Number(iterations), bytes, digest),
  );
}

function derived(
  salt: Buffer,
  hash: Buffer,
  derive: (password: string, salt: Buffer, bytes: number) => Promise<Buffer>,
): ForeignHash {
  bound('hash bytes', hash.length, minHashBytes, maxHashBytes);
  return { verify: async (password) => equalBytes(await derive(password, salt, hash.length), hash) };
}

/** Base64 without padding (PHC), or with `.` for `+` (passlib's modular crypt strings). */
function decode(text: string, least = 1): Buffer {
  const bytes = Buffer.from(text.replaceAll('.', '+'), 'base64');
  // Left-over characters are half a byte that somebody cut off.
  if (text.replace(/=+$/, '').length % 4 === 1) throw new UnusableHash('is cut off');
  bound('salt or hash bytes', bytes.length, least, maxSaltBytes);
  return bytes;
}

function bound(name: string, value: number, least: number, most: number): void {
  if (value < least) throw new UnusableHash(`has ${name} ${value}, which is less than ${least}`);
  if (value > most) throw new UnusableHash(`has ${name} ${value}, which is more than ${most}`);
}
