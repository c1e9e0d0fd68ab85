import type { ForeignHash } from '../foreign-hash.js';
import { scryptHash } from './derived-hash.js';
import { decodeBase64, decodeHex } from './encoded-bytes.js';
import { readParameters } from './parameters.js';

/** Every spelling of scrypt that is read; see the table in docs/operations.md. */
export function readScrypt(text: string): ForeignHash | undefined {
  return readPhc(text) ?? readSpring(text) ?? readDjango(text) ?? readWerkzeug(text) ?? readSaltAndKey(text);
}

/** `$scrypt$ln=14,r=8,p=1$salt$hash` (PHC, passlib), or with `n=16384`. Without `r` it is 8, without `p` 1. */
function readPhc(text: string): ForeignHash | undefined {
  const [, parameters, salt, hash] = /^\$scrypt\$([\w=,]+)\$([\w+/.-]+=*)\$([\w+/.-]+=*)$/.exec(text) ?? [];
  if (!hash) return undefined;
  const { ln, n, r = 8, p = 1 } = readParameters(parameters!, [], ['ln', 'n', 'r', 'p']);
  return scryptHash({ N: toN(ln ?? n ?? 0), r, p }, decodeBase64(salt!), decodeBase64(hash));
}

/** Up to 24 it is a logarithm, which some call n too. */
function toN(value: number): number {
  return value <= 24 ? 2 ** value : value;
}

/** `$e0801$salt$hash` of Spring: the logarithm of N, then r and p with two hexadecimal digits each. */
function readSpring(text: string): ForeignHash | undefined {
  const [, ln, r, p, salt, hash] =
    /^\$([0-9a-f]{1,2})([0-9a-f]{2})([0-9a-f]{2})\$([\w+/]+=*)\$([\w+/]+=*)$/i.exec(text) ?? [];
  if (!hash) return undefined;
  const [log2N = 0, ...rest] = [ln, r, p].map((digits) => parseInt(digits!, 16));
  return scryptHash({ N: 2 ** log2N, r: rest[0]!, p: rest[1]! }, decodeBase64(salt!), decodeBase64(hash));
}

/** `scrypt$16384$salt$8$1$hash`. Django salts with the characters themselves. */
function readDjango(text: string): ForeignHash | undefined {
  const [, N, salt, r, p, hash] =
    /^scrypt\$(\d{1,9})\$([^$\s]{1,64})\$(\d{1,3})\$(\d{1,3})\$([\w+/]+=*)$/.exec(text) ?? [];
  if (!hash) return undefined;
  return scryptHash({ N: Number(N), r: Number(r), p: Number(p) }, Buffer.from(salt!), decodeBase64(hash));
}

/** `scrypt:32768:8:1$salt$hash`, with a hexadecimal hash. Werkzeug salts with the characters themselves. */
function readWerkzeug(text: string): ForeignHash | undefined {
  const [, N, r, p, salt, hash] =
    /^scrypt:(\d{1,9}):(\d{1,3}):(\d{1,3})\$([^$\s]{1,64})\$([0-9a-f]+)$/i.exec(text) ?? [];
  if (!hash) return undefined;
  return scryptHash({ N: Number(N), r: Number(r), p: Number(p) }, Buffer.from(salt!), decodeHex(hash));
}

/**
 * `salt:key` of better-auth and Lucia 3, `s2:salt:key` of Lucia 2: N 16384, r 16, p 1, 64 bytes. `salt:key` of Lucia 1, whose
 * salt is sixteen letters and digits, has r 8. All of them salt with the characters themselves.
 */
function readSaltAndKey(text: string): ForeignHash | undefined {
  const [, second, salt, key] = /^(s2:)?([0-9a-f]{32}|[A-Za-z0-9]{16}):([0-9a-fA-F]{128})$/.exec(text) ?? [];
  if (!key) return undefined;
  const r = second || salt!.length === 32 ? 16 : 8;
  return scryptHash({ N: 16_384, r, p: 1 }, Buffer.from(salt!), decodeHex(key));
}
