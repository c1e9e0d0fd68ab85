import { createCipheriv } from 'node:crypto';
import { equalBytes } from '../../secrets/bytes.js';
import type { ForeignHash } from '../foreign-hash.js';
import { scryptDerivation, scryptHash } from './derived-hash.js';
import { decodeBase64, decodeHex } from './encoded-bytes.js';
import { readParameters } from './parameters.js';
import { assertBetween } from './unusable-hash.js';

/** Every spelling of scrypt that is read; see the table in docs/operations.md. */
export function readScrypt(text: string): ForeignHash | undefined {
  return readPhc(text) ?? readDjango(text) ?? readWerkzeug(text) ?? readSaltAndKey(text) ?? readFirebase(text);
}

/** `$scrypt$ln=14,r=8,p=1$salt$hash` (PHC, passlib), or with `n=16384`. */
function readPhc(text: string): ForeignHash | undefined {
  const [, parameters, salt, hash] = /^\$scrypt\$([\w=,]+)\$([\w+/.-]+=*)\$([\w+/.-]+=*)$/.exec(text) ?? [];
  if (!hash) return undefined;
  const { ln, n, r, p } = readParameters(parameters!, ['r', 'p'], ['ln', 'n']);
  return scryptHash(
    { N: ln === undefined ? toN(n ?? 0) : toN(ln), r: r!, p: p! },
    decodeBase64(salt!),
    decodeBase64(hash),
  );
}

/** Up to 24 it is a logarithm, which some call n too. */
function toN(value: number): number {
  return value <= 24 ? 2 ** value : value;
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
  const [, second, salt, key] = /^(s2:)?([0-9a-f]{32}|[A-Za-z0-9]{16}):([0-9a-f]{128})$/.exec(text) ?? [];
  if (!key) return undefined;
  const r = second || salt!.length === 32 ? 16 : 8;
  return scryptHash({ N: 16_384, r, p: 1 }, Buffer.from(salt!), decodeHex(key));
}

/**
 * Firebase: `$fbscrypt$v=1,n=14,r=8,p=1,ss=...,sk=...$salt$hash`, with the project's memory cost, rounds, salt separator and
 * signer key. The derived key encrypts the signer key (github.com/firebase/scrypt).
 */
function readFirebase(text: string): ForeignHash | undefined {
  const shape =
    /^\$fbscrypt\$v=1,n=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})(?:,ss=([\w+/-]*=*))?,sk=([\w+/-]+=*)\$([\w+/-]+=*)\$([\w+/-]+=*)$/;
  const [, n, r, p, separator = '', signer, salt, hash] = shape.exec(text) ?? [];
  if (!hash) return undefined;
  const derive = scryptDerivation({ N: 2 ** Number(n), r: Number(r), p: Number(p) });
  const signerKey = decodeBase64(signer!, 16);
  const salted = Buffer.concat([decodeBase64(salt!), separator ? decodeBase64(separator) : Buffer.alloc(0)]);
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
