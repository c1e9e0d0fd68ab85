import { equalBytes } from '../secrets/bytes.js';
import type { KeyRing } from '../secrets/key-ring.js';
import type { RefreshToken } from './refresh-token.js';
import { hashOf, nextSecret } from './refresh-token.js';

/**
 * The ratchet's judgement: what is to happen to a refresh token whose tag was good. Pure, so that the heart of the
 * product is a table (rotation.spec.ts). docs/refresh-tokens.md says why each verdict is what it is.
 */
export type Verdict =
  /** Issued to another client: refused, and nothing else happens (the holder of the right client goes on). */
  | 'invalid'
  | 'revoked'
  | 'expired'
  /** The token is newer than the row: a restored database, a failover that lost commits. Refused, not revoked. */
  | 'ahead'
  /** The row was rotated under an AUTH_SECRET value that this instance does not have. */
  | 'unavailable'
  | 'hold'
  | 'rotate'
  | 'replay'
  | 'recover'
  | 'reuse';

/** What the judgement reads of a session's row, and of its user. */
export interface SessionState {
  /** The database's time when it read the row: no other clock is asked. */
  readAt: Date;
  clientId: string;
  generation: number;
  tokenHash: Uint8Array;
  siblingHash: Uint8Array | null;
  rotationNonce: Uint8Array | null;
  keyId: Uint8Array | null;
  parentLane: Uint8Array | null;
  rotatedAt: Date | null;
  seenAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
  userDisabled: boolean;
}

export interface RotationPolicy {
  graceSeconds: number;
  idleTtlSeconds: number;
  /** False: a late parent is `reuse` (REFRESH_RECOVER=off). */
  recover: boolean;
}

/** The order of the branches is the order of judgement. */
export function judge(
  session: SessionState | undefined,
  token: RefreshToken,
  clientId: string,
  policy: RotationPolicy,
  keyRing: KeyRing,
): Verdict {
  // RFC 6749 section 6: a refresh token is bound to the client it was issued to.
  if (session && session.clientId !== clientId) return 'invalid';
  if (!session || session.revokedAt || session.userDisabled) return 'revoked';
  const { readAt: now } = session;
  if (now >= session.expiresAt || ageSeconds(session.seenAt, now) > policy.idleTtlSeconds) return 'expired';
  if (token.generation > session.generation) return 'ahead';
  if (session.keyId && !keyRing.find(session.keyId)) return 'unavailable';

  const inGrace = session.rotatedAt !== null && ageSeconds(session.rotatedAt, now) < policy.graceSeconds;
  if (isCurrent(session, token)) return inGrace ? 'hold' : 'rotate';
  if (isParent(session, token, keyRing)) {
    if (inGrace && equalBytes(token.lane, session.parentLane!)) return 'replay';
    if (policy.recover) return 'recover';
  }
  // RFC 9700 section 4.14.2: thief and owner look alike, so both lose the session.
  return 'reuse';
}

/** The current child, or the sibling that a recovery displaced: both live until one of them is used. */
function isCurrent(session: SessionState, token: RefreshToken): boolean {
  if (token.generation !== session.generation) return false;
  const hash = hashOf(token.secret);
  const isSibling = session.siblingHash !== null && equalBytes(hash, session.siblingHash);
  return equalBytes(hash, session.tokenHash) || isSibling;
}

/** One generation behind, and the current secret is the one that derives from it. */
function isParent(session: SessionState, token: RefreshToken, keyRing: KeyRing): boolean {
  if (token.generation !== session.generation - 1 || !session.keyId || !session.rotationNonce) return false;
  const keys = keyRing.find(session.keyId);
  return keys !== undefined && equalBytes(hashOf(nextSecret(token, session.rotationNonce, keys)), session.tokenHash);
}

/** Negative ages (the row was written a moment after the time was read) count as 0. */
function ageSeconds(since: Date, now: Date): number {
  return Math.max(0, now.getTime() - since.getTime()) / 1000;
}
