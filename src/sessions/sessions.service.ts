import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import { encodeRefreshToken, hashOf, secretBytes } from './refresh-token.js';
import { Revoker } from './revoker.js';
import type { SessionWithUser } from './session-rows.js';
import { answerColumns } from './session-rows.js';
import { shownUse } from './shown-use.js';

/** A user whose password has just been verified, as the verification read it. */
export interface VerifiedCredentials {
  userId: string;
  epoch: number;
  passwordHash: string;
  /** Replaces the stored hash when its parameters were outdated. */
  newPasswordHash?: string;
}

/** What a user's list of sessions shows of one. */
export interface SessionSummary {
  id: string;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
  userAgent: string | null;
  ip: string | null;
}

/** Sessions begin and are listed here; they go on in ratchet.ts and end in revoker.ts. */
@Injectable()
export class Sessions {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly keyRing: KeyRing,
    private readonly revoker: Revoker,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Starts a session and its refresh token. Undefined when the user is no longer as verified: disabled, deleted, or with
   * another password or epoch. One statement, so that a sign-in that races such a change leaves no session behind, and none
   * is without its audit row. In a transaction of the caller's, make it the last.
   */
  async start(
    { userId, epoch, passwordHash, newPasswordHash }: VerifiedCredentials,
    clientId: string,
    client: ClientInfo,
    db: Pick<Prisma.TransactionClient, '$queryRaw'> = this.db,
    event: 'user.signed_in' | 'user.registered' = 'user.signed_in',
  ): Promise<{ session: SessionWithUser; refreshToken: string } | undefined> {
    const secret = randomBytes(secretBytes);
    const sessionId = newId();
    const { ip, userAgent } = client;
    const audited = this.audit.within({ event, actorUserId: userId, subjectUserId: userId, sessionId, ip });
    const now = databaseNow(this.clock);
    const [session] = await db.$queryRaw<SessionWithUser[]>`
      WITH u AS (
        UPDATE users SET last_sign_in_at = ${now}, password_hash = coalesce(${newPasswordHash ?? null}, password_hash)
        WHERE id = ${userId}::uuid AND epoch = ${epoch}::int AND password_hash = ${passwordHash} AND NOT disabled
        RETURNING *),
      s AS (
        INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at,
          created_at, expires_at, ip, user_agent)
        SELECT u.id, ${sessionId}::uuid, ${clientId}, ${hashOf(secret)}, ${now}, ${now}, ${now},
          ${now},
          ${now} + ${this.config.sessions.ttlSeconds}::float8 * interval '1 second', ${ip}, ${userAgent}
        FROM u RETURNING *),
      audited AS (${audited.insertion(Prisma.sql`s`)})
      SELECT ${answerColumns} FROM s, u`;
    if (!session) return undefined;
    audited.done();
    const token = { userId, sessionId, generation: 0, secret };
    return { session, refreshToken: encodeRefreshToken(token, this.keyRing.current) };
  }

  /** Ends the longest idle sessions of the user past MAX_SESSIONS_PER_USER. */
  async endSurplus(userId: string): Promise<void> {
    await this.revoker.endLongestIdle(userId, this.config.sessions.maxPerUser);
  }

  /** The user's live sessions, newest first. `lastUsedAt` leaves out the last five minutes: see `shownUse`. */
  async listLive(userId: string): Promise<SessionSummary[]> {
    const now = databaseNow(this.clock);
    return this.db.$queryRaw`
      SELECT id, created_at AS "createdAt", expires_at AS "expiresAt", user_agent AS "userAgent", ip,
        ${shownUse(now)} AS "lastUsedAt"
      FROM sessions
      WHERE user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > ${now}
        AND ${now} - seen_at <= ${this.config.sessions.idleTtlSeconds}::float8 * interval '1 second'
      ORDER BY id DESC`;
  }
}
