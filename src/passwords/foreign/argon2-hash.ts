import argon2 from 'argon2';
import type { ForeignHash } from '../foreign-hash.js';
import { decodeBase64 } from './encoded-bytes.js';
import { readParameters } from './parameters.js';
import { assertBetween, UnusableHash } from './unusable-hash.js';

const maxMemoryKib = 256 * 1024;
/** Memory times passes. */
const maxWork = 1024 * 1024;

/** PHC strings: `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`. Without `v` it is version 16, without `p` one lane. Some write `v` among the parameters. */
export function readArgon2(text: string): ForeignHash | undefined {
  const shape = /^\$?(argon2(?:id|i|d))(?:\$v=(\d{1,3}))?\$([\w=,+/-]+)\$([\w+/-]+=*)\$([\w+/-]+=*)$/i;
  const [, variant, before, parameters, salt, hash] = shape.exec(text) ?? [];
  if (!hash) return undefined;
  const { m, t, p = 1, v = Number(before ?? 16) } = readParameters(parameters!, ['m', 't'], ['p', 'v']);
  if (v !== 16 && v !== 19) throw new UnusableHash('has an unknown version of argon2');
  assertBetween('memory', m!, 8 * p, maxMemoryKib);
  assertBetween('passes', t!, 1, Infinity);
  assertBetween('lanes', p, 1, 64);
  assertBetween('memory times passes', m! * t!, 1, maxWork);
  // RFC 9106 section 3.1 asks for eight bytes of salt at least.
  const [salted, hashed] = [decodeBase64(salt!, 8), decodeBase64(hash, 16)].map((bytes) =>
    bytes.toString('base64').replaceAll('=', ''),
  );
  const canonical = `$${variant!.toLowerCase()}$v=${v}$m=${m},t=${t},p=${p}$${salted}$${hashed}`;
  return { verify: (password) => argon2.verify(canonical, password) };
}
