import type { ForeignHash } from '../foreign-hash.js';
import { pbkdf2Hash } from './derived-hash.js';
import { decodeBase64, decodeHex } from './encoded-bytes.js';
import { readParameters } from './parameters.js';
import { UnusableHash } from './unusable-hash.js';

/** The pseudo-random functions of ASP.NET Core Identity, by their number. */
const identityDigests = ['sha1', 'sha256', 'sha512'];

/** Every spelling of PBKDF2 that is read; see the table in docs/operations.md. */
export function readPbkdf2(text: string): ForeignHash | undefined {
  return readPhc(text) ?? readDjango(text) ?? readWerkzeug(text) ?? readIdentity(text);
}

/** `$pbkdf2-sha256$i=1000,l=32$salt$hash` (PHC), `$pbkdf2-sha256$1000$salt$hash` (passlib), `{PBKDF2-SHA256}1000$...` (LDAP). */
function readPhc(text: string): ForeignHash | undefined {
  const shape =
    /^(?:\$pbkdf2(?:-(sha-?\d+))?\$|\{pbkdf2(?:-(sha-?\d+))?\})([a-z\d=,]+)\$([\w+/.-]+=*)\$([\w+/.-]+=*)$/i;
  const [, afterDollar, inBraces, cost, salt, hash] = shape.exec(text) ?? [];
  if (!hash) return undefined;
  const iterations = /^\d{1,9}$/.test(cost!) ? Number(cost) : readParameters(cost!, ['i'], ['l']).i!;
  return pbkdf2Hash(afterDollar ?? inBraces ?? 'sha1', iterations, decodeBase64(salt!), decodeBase64(hash));
}

/** `pbkdf2_sha256$1000$salt$hash`. Django salts with the characters themselves. */
function readDjango(text: string): ForeignHash | undefined {
  const [, digest, iterations, salt, hash] =
    /^pbkdf2_(sha\d+)\$(\d{1,9})\$([^$\s]{1,64})\$([\w+/]+=*)$/.exec(text) ?? [];
  if (!hash) return undefined;
  return pbkdf2Hash(digest!, Number(iterations), Buffer.from(salt!), decodeBase64(hash));
}

/** `pbkdf2:sha256:1000$salt$hash`, with a hexadecimal hash. Werkzeug salts with the characters themselves. */
function readWerkzeug(text: string): ForeignHash | undefined {
  const [, digest, iterations, salt, hash] =
    /^pbkdf2:(sha\d+):(\d{1,9})\$([^$\s]{1,64})\$([0-9a-f]+)$/i.exec(text) ?? [];
  if (!hash) return undefined;
  return pbkdf2Hash(digest!, Number(iterations), Buffer.from(salt!), decodeHex(hash));
}

/**
 * ASP.NET Identity, in base64. Version 2: 0, a salt of 16 bytes, a key of 32 (PBKDF2 with SHA-1, 1000 iterations).
 * Version 3: 1, then PRF, iterations and length of the salt as big-endian 32-bit numbers, salt, key.
 */
function readIdentity(text: string): ForeignHash | undefined {
  if (!/^A[A-Q][\w+/]{40,}={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes[0] === 0 && bytes.length === 49) return pbkdf2Hash('sha1', 1000, bytes.subarray(1, 17), bytes.subarray(17));
  if (bytes[0] !== 1) return undefined;
  const digest = identityDigests[bytes.readUInt32BE(1)];
  const saltEnd = 13 + bytes.readUInt32BE(9);
  if (!digest || saltEnd > bytes.length) throw new UnusableHash('is not a hash of ASP.NET Identity, or is cut off');
  return pbkdf2Hash(digest, bytes.readUInt32BE(5), bytes.subarray(13, saltEnd), bytes.subarray(saltEnd));
}
