import { pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { equalBytes } from '../../secrets/bytes.js';
import type { ForeignHash } from '../foreign-hash.js';
import { assertBetween, UnusableHash } from './unusable-hash.js';

const derivePbkdf2 = promisify(pbkdf2);
const deriveScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt);

const maxScryptMemoryBytes = 256 * 1024 * 1024;
/** N times r times p. The most that OWASP names is 2 ** 20. */
const maxScryptWork = 2 ** 22;
const maxPbkdf2Iterations = 2_000_000;
const minHashBytes = 16;
const maxHashBytes = 64;

export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}

export function scryptHash(cost: ScryptCost, salt: Buffer, hash: Buffer): ForeignHash {
  const derive = scryptDerivation(cost);
  assertHashLength(hash);
  return { verify: async (password) => equalBytes(await derive(password, salt, hash.length), hash) };
}

/** Throws UnusableHash for a cost out of bounds. */
export function scryptDerivation({ N, r, p }: ScryptCost) {
  if (!Number.isInteger(Math.log2(N))) throw new UnusableHash('has an N that is not a power of two');
  assertBetween('log2 N', Math.log2(N), 1, 24);
  assertBetween('r', r, 1, 64);
  assertBetween('p', p, 1, 64);
  assertBetween('memory', 128 * N * r, 1, maxScryptMemoryBytes);
  assertBetween('N times r times p', N * r * p, 1, maxScryptWork);
  const options = { N, r, p, maxmem: 128 * r * (N + p + 2) + 1024 };
  return (password: string, salt: Buffer, bytes: number) => deriveScrypt(password, salt, bytes, options);
}

/** Takes the digest as others spell it: `sha256`, `SHA-256`. */
export function pbkdf2Hash(spelling: string, iterations: number, salt: Buffer, hash: Buffer): ForeignHash {
  const digest = spelling.toLowerCase().replace('-', '');
  if (!['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].includes(digest))
    throw new UnusableHash('has an unknown digest');
  assertBetween('iterations', iterations, 1, maxPbkdf2Iterations);
  assertHashLength(hash);
  return {
    verify: async (password) => equalBytes(await derivePbkdf2(password, salt, iterations, hash.length, digest), hash),
  };
}

function assertHashLength(hash: Buffer): void {
  assertBetween('hash bytes', hash.length, minHashBytes, maxHashBytes);
}
