import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { equalBytes } from '../../secrets/bytes.js';
import type { ForeignHash } from '../foreign-hash.js';
import { cryptDigits, encodeCryptDigits } from './crypt-digits.js';
import { decodeBase64 } from './encoded-bytes.js';
import { readShaCrypt } from './sha-crypt-hash.js';
import { assertBetween } from './unusable-hash.js';

/** Algorithms that are too fast to be safe, or old. The first sign-in replaces such a hash. */
export function readOldHash(text: string): ForeignHash | undefined {
  return readPhpass(text) ?? readSaltedSha(text) ?? readShaCrypt(text);
}

const roundsBetweenPauses = 4096;

/** `$P$` of WordPress before 6.8, `$H$` of phpBB: Openwall's portable hashes, repeated MD5. */
function readPhpass(text: string): ForeignHash | undefined {
  const [, cost, salt, hash] = /^\$[PH]\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})$/.exec(text) ?? [];
  if (!hash) return undefined;
  const log2 = cryptDigits.indexOf(cost!);
  assertBetween('log2 of the rounds', log2, 7, 18);
  return {
    verify: async (password) => equalBytes(Buffer.from(await phpass(password, salt!, 2 ** log2)), Buffer.from(hash)),
  };
}

async function phpass(password: string, salt: string, rounds: number): Promise<string> {
  const md5 = (...parts: (string | Buffer)[]) => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  let digest = md5(salt, password);
  for (let round = 1; round <= rounds; round++) {
    digest = md5(digest, password);
    if (round % roundsBetweenPauses === 0) await setImmediate(); // other requests are served in between
  }
  return encodeCryptDigits(digest);
}

/** `{SSHA}`, `{SSHA256}`, `{SSHA384}` and `{SSHA512}` of LDAP servers: base64 of the digest of password and salt, then the salt. */
function readSaltedSha(text: string): ForeignHash | undefined {
  const [, size, encoded] = /^\{SSHA-?(256|384|512)?\}([\w+/]+=*)$/i.exec(text) ?? [];
  if (!encoded) return undefined;
  const algorithm = size ? `sha${size}` : 'sha1';
  const digestBytes = size ? Number(size) / 8 : 20;
  const bytes = decodeBase64(encoded, digestBytes + 4);
  const [expected, salt] = [bytes.subarray(0, digestBytes), bytes.subarray(digestBytes)];
  return {
    verify: async (password) =>
      equalBytes(createHash(algorithm).update(password, 'utf8').update(salt).digest(), expected),
  };
}
