import { equalBytes } from '../secrets/bytes.js';
import type { KeyRing } from '../secrets/key-ring.js';
import type { RefreshToken } from './refresh-token.js';
import { hashOf, nextSecret } from './refresh-token.js';

/**
 * What happens to a refresh token whose tag is good. The judgement is a pure function, so rotation.spec.ts can test it as
 * a table. docs/refresh-tokens.md explains each verdict.
 */
export type Verdict =
  /** Issued to another client. Refused; the session itself goes on. */
  | 'invalid'
  | 'revoked'
  | 'expired'
  /** The token is newer than the row, as after a restored backup or a failover that lost commits. Refused, not revoked. */
  | 'ahead'
  /** The row was rotated under an AUTH_SECRET value that this instance does not have. */
  | 'unavailable'
  | 'hold'
  | 'rotate'
  | 'replay'
  | 'recover'
  | 'reuse';

/** The columns of a session and its user that the judgement needs. */
export interface SessionState {
  /** The database's time when it read the row. No other clock is used. */
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
  /** If false, a parent that would be `recover` is `reuse` (REFRESH_RECOVER=off). */
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

  const rotationAgeSeconds = session.rotatedAt ? ageSeconds(session.rotatedAt, now) : Infinity;
  if (isCurrent(session, token)) return rotationAgeSeconds < policy.graceSeconds ? 'hold' : 'rotate';
  if (isParent(session, token, keyRing)) {
    // Only in the first half: a child that is given out again is then safe from being used for at least the other half,
    // in which copies of the parent that are still under way arrive. A recovery restarts the grace time.
    const isFirstHalf = rotationAgeSeconds < policy.graceSeconds / 2;
    if (isFirstHalf && equalBytes(token.lane, session.parentLane!)) return 'replay';
    if (policy.recover) return 'recover';
  }
  // RFC 9700 section 4.14.2: thief and owner look alike, so both lose the session.
  return 'reuse';
}

/** Whether it is the current child or the sibling that a recovery displaced. Both live until one of them is used. */
function isCurrent(session: SessionState, token: RefreshToken): boolean {
  if (token.generation !== session.generation) return false;
  const hash = hashOf(token.secret);
  const isSibling = session.siblingHash !== null && equalBytes(hash, session.siblingHash);
  return equalBytes(hash, session.tokenHash) || isSibling;
}

/** Whether it is one generation behind and the current secret derives from it. */
function isParent(session: SessionState, token: RefreshToken, keyRing: KeyRing): boolean {
  if (token.generation !== session.generation - 1 || !session.keyId || !session.rotationNonce) return false;
  const keys = keyRing.find(session.keyId);
  return keys !== undefined && equalBytes(hashOf(nextSecret(token, session.rotationNonce, keys)), session.tokenHash);
}

/** A negative age counts as 0: the row may have been written just after the time was read. */
function ageSeconds(since: Date, now: Date): number {
  return Math.max(0, now.getTime() - since.getTime()) / 1000;
}
