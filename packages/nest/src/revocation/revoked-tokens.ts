import type { VerifiedToken } from '../verification/verified-token.js';

/** An event of the feed: what is refused from now on. */
export type Revocation =
  | { session_id: string }
  | { user_id: string; min_epoch: number }
  | { client_id: string }
  | { jti: string }
  | { kid: string };

/** Returns undefined for an event that this version does not know. */
export function toRevocation(data: unknown): Revocation | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { session_id, user_id, min_epoch, client_id, jti, kid } = data as Record<string, unknown>;
  if (typeof session_id === 'string') return { session_id };
  if (typeof user_id === 'string' && typeof min_epoch === 'number') return { user_id, min_epoch };
  if (typeof client_id === 'string') return { client_id };
  if (typeof jti === 'string') return { jti };
  if (typeof kid === 'string') return { kid };
  return undefined;
}

const pruneEveryMs = 60_000;
/** A clock that was wrong by more than this does not keep revocations in memory for years. */
const maxClockStepMs = 24 * 60 * 60_000;

/** A revocation is forgotten when both clocks say so: the machine's, which judges tokens, can be set forward or back. */
interface Kept {
  /** In milliseconds of `nowMs`. */
  readonly untilMs: number;
  /** In milliseconds of `clockMs`. */
  readonly untilClockMs: number;
}

/** What was revoked, in memory, for as long as it matters. */
export class RevokedTokens {
  /** How long each is kept, by session, client and token. */
  private readonly ids = new Map<string, Kept>();
  private readonly users = new Map<string, { kept: Kept; minEpoch: number }>();
  /** Never forgotten: a thief of the key chooses how long a token lives. */
  private readonly keyIds = new Set<string>();
  private nextPruneAtMs = 0;
  private latestClockMs = 0;

  /**
   * `keepMs`: after this time no token from before a revocation is still valid. `nowMs` never jumps. `clockMs` is the clock that
   * judges tokens.
   */
  constructor(
    private readonly keepMs: number,
    private readonly nowMs: () => number = () => performance.now(),
    private readonly clockMs: () => number = Date.now,
  ) {}

  add(revocation: Revocation): void {
    this.prune();
    const kept = this.keptFromNow();
    if ('kid' in revocation) this.keyIds.add(revocation.kid);
    else if ('user_id' in revocation) {
      const { user_id: userId, min_epoch: minEpoch } = revocation;
      const known = this.users.get(userId)?.minEpoch ?? minEpoch;
      this.users.set(userId, { kept, minEpoch: Math.max(known, minEpoch) });
    } else if ('session_id' in revocation) this.ids.set(`sid ${revocation.session_id}`, kept);
    else if ('client_id' in revocation) this.ids.set(`client ${revocation.client_id}`, kept);
    else this.ids.set(`jti ${revocation.jti}`, kept);
  }

  has({ principal, sessionId, tokenId, epoch, keyId }: VerifiedToken): boolean {
    if (this.ids.size > 0) {
      if (sessionId !== undefined && this.ids.has(`sid ${sessionId}`)) return true;
      if (this.ids.has(`client ${principal.clientId}`) || this.ids.has(`jti ${tokenId}`)) return true;
    }
    if (keyId !== undefined && this.keyIds.has(keyId)) return true;
    const user = principal.userId === undefined ? undefined : this.users.get(principal.userId);
    return user !== undefined && (epoch ?? 0) < user.minEpoch;
  }

  private keptFromNow(): Kept {
    const clockMs = this.clockMs();
    this.latestClockMs = Math.max(this.latestClockMs, clockMs);
    const latestClockMs = Math.min(this.latestClockMs, clockMs + maxClockStepMs);
    return { untilMs: this.nowMs() + this.keepMs, untilClockMs: latestClockMs + this.keepMs };
  }

  private prune(): void {
    const now = this.nowMs();
    if (now < this.nextPruneAtMs) return;
    this.nextPruneAtMs = now + pruneEveryMs;
    const clockMs = this.clockMs();
    const isOver = ({ untilMs, untilClockMs }: Kept) => untilMs <= now && untilClockMs <= clockMs;
    for (const [id, kept] of this.ids) if (isOver(kept)) this.ids.delete(id);
    for (const [id, { kept }] of this.users) if (isOver(kept)) this.users.delete(id);
  }
}
