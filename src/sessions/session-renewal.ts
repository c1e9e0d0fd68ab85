import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { KeyRing } from '../secrets/key-ring.js';
import { encodeRefreshToken, hashOf, secretBytes } from './refresh-token.js';
import type { SessionWithUser } from './session-rows.js';
import { sessionWithUserColumns } from './session-rows.js';

/** A session that continues another one, and its refresh token. */
export interface RenewedSession {
  session: SessionWithUser;
  refreshToken: string;
}

/**
 * Continues a session under a new id, because access tokens can only be refused by the id of their session. This is not a
 * sign-in: what the sign-in has established is taken over as it is, so nothing is proven here.
 */
@Injectable()
export class SessionRenewal {
  constructor(
    private readonly clock: Clock,
    private readonly keyRing: KeyRing,
  ) {}

  /**
   * Inserts the successor of a live session, with the same client, scope, audience, sign-in and absolute end. Part of a
   * transaction in which the caller then ends the old session. Returns undefined if the old session is not live.
   */
  async insertSuccessor(
    { userId, sessionId }: { userId: string; sessionId: string },
    db: Prisma.TransactionClient,
  ): Promise<RenewedSession | undefined> {
    const secret = randomBytes(secretBytes);
    const successorId = newId();
    const now = databaseNow(this.clock);
    const [session] = await db.$queryRaw<SessionWithUser[]>`
      WITH old AS (
        SELECT * FROM sessions
        WHERE user_id = ${userId}::uuid AND id = ${sessionId}::uuid AND revoked_at IS NULL AND expires_at > ${now}
        FOR UPDATE),
      s AS (
        INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at,
          created_at, expires_at, ip, user_agent, auth_time, amr, scope, audience)
        SELECT user_id, ${successorId}::uuid, client_id, ${hashOf(secret)}, ${now}, ${now}, ${now},
          ${now}, expires_at, ip, user_agent, coalesce(auth_time, created_at), amr, scope, audience
        FROM old RETURNING *)
      SELECT ${sessionWithUserColumns} FROM s JOIN users u ON u.id = s.user_id`;
    if (!session) return undefined;
    const token = { userId, sessionId: successorId, generation: 0, secret };
    return { session, refreshToken: encodeRefreshToken(token, this.keyRing.current) };
  }
}
