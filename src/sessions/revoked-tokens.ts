import type { Clock } from '../common/clock.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import type { Retention } from './retention.js';
import { isOverBy, retentionOf } from './retention.js';

/** What was revoked: a session (or one token of a service), a user's tokens below an epoch, or all tokens of a client. */
export type RevocationEntry = { sessionId: string } | { userId: string; minEpoch: number } | { clientId: string };

/** The parts of an access token that decide whether it was revoked. */
export interface RevocableToken {
  /** The `sid` claim; in a service's token, which has none, the `jti`. */
  sessionId: string;
  clientId: string;
  /** Absent in a service's token, as is `epoch`. */
  userId?: string;
  epoch?: number;
}

export function toRevocable(claims: AccessTokenClaims): RevocableToken {
  const { client_id: clientId, sid, jti, user_id: userId, epoch } = claims;
  return { sessionId: sid ?? jti, clientId, userId, epoch };
}

const pruneEverySeconds = 60;

/** What was revoked within one access-token lifetime, in memory. */
export class RevokedTokens {
  private readonly sessions = new Map<string, { kept: Retention }>();
  private readonly clients = new Map<string, { kept: Retention }>();
  private readonly users = new Map<string, { kept: Retention; minEpoch: number }>();
  private nextPruneAtMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly lifetimeSeconds: number,
  ) {}

  add(entry: RevocationEntry): void {
    this.prune();
    const kept = retentionOf(this.clock, this.lifetimeSeconds);
    if ('sessionId' in entry) this.sessions.set(entry.sessionId, { kept });
    else if ('clientId' in entry) this.clients.set(entry.clientId, { kept });
    else {
      const known = this.users.get(entry.userId)?.minEpoch ?? entry.minEpoch;
      this.users.set(entry.userId, { kept, minEpoch: Math.max(known, entry.minEpoch) });
    }
  }

  has({ sessionId, clientId, userId, epoch }: RevocableToken): boolean {
    if (this.sessions.has(sessionId) || this.clients.has(clientId)) return true;
    if (userId === undefined || epoch === undefined) return false;
    const user = this.users.get(userId);
    return user !== undefined && epoch < user.minEpoch;
  }

  private prune(): void {
    const now = this.clock.elapsedMs();
    if (now < this.nextPruneAtMs) return;
    this.nextPruneAtMs = now + pruneEverySeconds * 1000;
    const isOver = isOverBy(this.clock);
    for (const entries of [this.sessions, this.clients, this.users]) {
      for (const [id, { kept }] of entries) if (isOver(kept)) entries.delete(id);
    }
  }
}
