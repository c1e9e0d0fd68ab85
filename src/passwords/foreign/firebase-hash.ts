import { createCipheriv } from 'node:crypto';
import { equalBytes } from '../../secrets/bytes.js';
import type { ForeignHash } from '../foreign-hash.js';
import { scryptDerivation } from './derived-hash.js';
import { decodeBase64 } from './encoded-bytes.js';
import { readParameters } from './parameters.js';
import { assertBetween, UnusableHash } from './unusable-hash.js';

/**
 * Firebase: `$fbscrypt$v=1,n=14,r=8,p=1,ss=...,sk=...$salt$hash`, with the project's memory cost, rounds, salt separator and
 * signer key, in any order. The derived key encrypts the signer key (github.com/firebase/scrypt).
 */
export function readFirebase(text: string): ForeignHash | undefined {
  const [, parameters, salt, hash] = /^\$fbscrypt\$([\w=,+/-]+)\$([\w+/-]+=*)\$([\w+/-]+=*)$/.exec(text) ?? [];
  if (!hash) return undefined;
  const { separator, signerKey, rest } = splitParameters(parameters!);
  const { v = 1, n, r, p = 1 } = readParameters(rest, ['n', 'r'], ['v', 'p']);
  if (v !== 1) throw new UnusableHash('has an unknown version of fbscrypt');
  const derive = scryptDerivation({ N: 2 ** n!, r: r!, p });
  const salted = Buffer.concat([decodeBase64(salt!), separator]);
  const expected = decodeBase64(hash, 16);
  assertBetween('hash bytes', expected.length, signerKey.length, signerKey.length);
  return {
    verify: async (password) => {
      const key = (await derive(password, salted, 64)).subarray(0, 32);
      const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
      return equalBytes(Buffer.concat([cipher.update(signerKey), cipher.final()]), expected);
    },
  };
}

/** Separates the parameters in base64 from those that are numbers. */
function splitParameters(text: string): { separator: Buffer; signerKey: Buffer; rest: string } {
  const parameters = text.split(',');
  const valueOf = (prefix: string) =>
    parameters.find((parameter) => parameter.startsWith(prefix))?.slice(prefix.length);
  const [separator, signerKey] = [valueOf('ss='), valueOf('sk=')];
  if (!signerKey) throw new UnusableHash('lacks the parameter sk');
  return {
    separator: separator ? decodeBase64(separator) : Buffer.alloc(0),
    signerKey: decodeBase64(signerKey, 16),
    rest: parameters.filter((parameter) => !/^s[sk]=/.test(parameter)).join(','),
  };
}
