import { createHmac } from 'node:crypto';
import { uuidBytes, uuidText } from '../common/ids.js';
import { drawBytes, equalBytes, sha256 } from '../secrets/bytes.js';
import type { DerivedKeys, KeyRing } from '../secrets/key-ring.js';

/**
 * The contents of a refresh token.
 *
 * On the wire it is `pwl1_` and base64url of 96 bytes: key id 4, user id 16, session id 16, generation 4 (big-endian),
 * lane 8, secret 32, tag 16. The tag is HMAC-SHA256 over everything before it, so a forged token costs no query.
 */
export interface RefreshToken {
  userId: string;
  sessionId: string;
  /** The number of the session's rotations so far. */
  generation: number;
  /** 8 bytes that tell two holders of one child apart. Covered by the tag, but not part of the secret. */
  lane: Buffer;
  /** 32 bytes. Only the hash is stored. */
  secret: Buffer;
}

const prefix = 'pwl1_';
export const refreshTokenShape = /^pwl1_[A-Za-z0-9_-]{128}$/;
const tagBytes = 16;
const tokenBytes = 96;
const tagContext = 'pawl/rt/1';
const nextContext = 'pawl/next/1';

export const secretBytes = 32;
export const laneBytes = 8;
export const nonceBytes = 32;

/** Encodes and tags a token. Each call draws a new lane, so every response has its own. */
export function encodeRefreshToken(token: Omit<RefreshToken, 'lane'>, keys: DerivedKeys): string {
  const generation = Buffer.alloc(4);
  generation.writeUInt32BE(token.generation);
  const body = Buffer.concat([
    keys.id,
    uuidBytes(token.userId),
    uuidBytes(token.sessionId),
    generation,
    drawBytes(laneBytes),
    token.secret,
  ]);
  return prefix + Buffer.concat([body, tagOf(body, keys)]).toString('base64url');
}

/** Returns undefined if shape, key id or tag is not ours. Compares the tag in constant time. */
export function decodeRefreshToken(text: unknown, keyRing: KeyRing): RefreshToken | undefined {
  if (typeof text !== 'string' || !refreshTokenShape.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(prefix.length), 'base64url');
  const keys = keyRing.find(bytes.subarray(0, 4));
  if (!keys) return undefined;
  const body = bytes.subarray(0, tokenBytes - tagBytes);
  if (!equalBytes(bytes.subarray(tokenBytes - tagBytes), tagOf(body, keys))) return undefined;
  return {
    userId: uuidText(body.subarray(4, 20)),
    sessionId: uuidText(body.subarray(20, 36)),
    generation: body.readUInt32BE(36),
    lane: body.subarray(40, 48),
    secret: body.subarray(48, 80),
  };
}

/** The hash of a secret, as stored in the row. */
export function hashOf(secret: Uint8Array): Buffer {
  return sha256(secret);
}

/**
 * Derives the secret of the next generation. It takes this generation's secret, the server's key and the row's nonce. So
 * a lost response can be repeated although the row stores only hashes.
 */
export function nextSecret(token: RefreshToken, nonce: Uint8Array, keys: DerivedKeys): Buffer {
  const generation = Buffer.alloc(4);
  generation.writeUInt32BE(token.generation + 1);
  return createHmac('sha256', keys.next)
    .update(nextContext)
    .update(token.secret)
    .update(uuidBytes(token.userId))
    .update(uuidBytes(token.sessionId))
    .update(generation)
    .update(nonce)
    .digest();
}

function tagOf(body: Buffer, keys: DerivedKeys): Buffer {
  return createHmac('sha256', keys.tag).update(tagContext).update(body).digest().subarray(0, tagBytes);
}
