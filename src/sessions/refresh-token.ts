import { createHmac, randomBytes } from 'node:crypto';
import { uuidBytes, uuidText } from '../common/ids.js';
import { equalBytes, sha256 } from '../secrets/bytes.js';
import type { DerivedKeys, KeyRing } from '../secrets/key-ring.js';

/**
 * The refresh token's codec and its ratchet step; nothing here reads or writes a row.
 *
 * `pwl1_` + base64url of 96 bytes: key id 4, user id 16, session id 16, generation 4 (big-endian), lane 8, secret 32,
 * tag 16. The tag is HMAC-SHA256 over all before it, so a forged token costs no query.
 */
export interface RefreshToken {
  userId: string;
  sessionId: string;
  /** Counts the session's rotations from 0. */
  generation: number;
  /** 8 bytes that tell two holders of one child apart; tagged, but no part of the secret. */
  lane: Buffer;
  /** 32 bytes; only its hash is ever stored. */
  secret: Buffer;
}

const prefix = 'pwl1_';
const shape = /^pwl1_[A-Za-z0-9_-]{128}$/;
const tagBytes = 16;
const tokenBytes = 96;
const tagContext = 'pawl/rt/1';
const nextContext = 'pawl/next/1';

export const secretBytes = 32;
export const laneBytes = 8;
export const nonceBytes = 32;

/** Fits `AUTH_SECRET`'s current key; the lane is drawn fresh for every answer. */
export function encodeRefreshToken(token: Omit<RefreshToken, 'lane'>, keys: DerivedKeys): string {
  const generation = Buffer.alloc(4);
  generation.writeUInt32BE(token.generation);
  const body = Buffer.concat([
    keys.id,
    uuidBytes(token.userId),
    uuidBytes(token.sessionId),
    generation,
    randomBytes(laneBytes),
    token.secret,
  ]);
  return prefix + Buffer.concat([body, tagOf(body, keys)]).toString('base64url');
}

/** Undefined for anything that is not ours: shape, key id or tag. Compares the tag in constant time. */
export function decodeRefreshToken(text: unknown, keyRing: KeyRing): RefreshToken | undefined {
  if (typeof text !== 'string' || !shape.test(text)) return undefined;
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

/** What a row keeps of a secret. */
export function hashOf(secret: Uint8Array): Buffer {
  return sha256(secret);
}

/**
 * The secret of the next generation. Only who holds this generation's secret, the server's key and the row's nonce can
 * compute it: the row alone stores hashes, and yet a lost answer can be given again.
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
