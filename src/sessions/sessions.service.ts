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
import type { AuthenticationMethod } from '../tokens/authentication.js';
import { assuranceLevelOf } from '../tokens/authentication.js';
import { liveSessionsOf, readBeyondLimit } from './live-sessions.js';
import { encodeRefreshToken, hashOf, secretBytes } from './refresh-token.js';
import type { SessionWithUser } from './session-rows.js';
import { sessionWithUserColumns } from './session-rows.js';
import { shownUse } from './shown-use.js';

/** What somebody has proven in order to sign in, and the state of the user that it was proven for. */
export interface SignInProof {
  userId: string;
  epoch: number;
  methods: readonly AuthenticationMethod[];
  authenticatedAt: Date;
  /** The stored hash that the password matched; undefined if the proof involves no password. */
  expectedPasswordHash?: string;
}

export interface SessionStart {
  clientId: string;
  /** Scopes of its access tokens, separated by spaces; undefined for none. */
  scope?: string;
  client: ClientInfo;
  /** Replaces the stored hash if its parameters are outdated. */
  newPasswordHash?: string;
  event?: 'user.signed_in' | 'user.registered';
}

/** A session that has just begun. */
export interface StartedSession {
  session: SessionWithUser;
  refreshToken: string;
  /** As it is stored after the sign-in. */
  passwordHash: string;
}

/** What a user's list of sessions shows of each. */
export interface SessionSummary {
  id: string;
  clientId: string;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
  userAgent: string | null;
  ip: string | null;
}

/** Starts and lists sessions. Ratchet continues them, Revoker ends them. */
@Injectable()
export class Sessions {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly keyRing: KeyRing,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Starts a session with its refresh token, and audits it. Returns undefined if the user has changed since the proof:
   * disabled, deleted, another epoch or another password, or a second factor was added that the proof lacks. All of it is one
   * statement, so a sign-in that races with such a change leaves no session behind. If `db` is the caller's transaction, only
   * what belongs to the same sign-in may follow.
   */
  async start(
    { userId, epoch, methods, authenticatedAt, expectedPasswordHash }: SignInProof,
    { clientId, scope, client, newPasswordHash, event = 'user.signed_in' }: SessionStart,
    db: Pick<Prisma.TransactionClient, '$queryRaw'> = this.db,
  ): Promise<StartedSession | undefined> {
    const secret = randomBytes(secretBytes);
    const sessionId = newId();
    const { ip, userAgent } = client;
    const audited = this.audit.within({ event, actorUserId: userId, subjectUserId: userId, sessionId, ip });
    const now = databaseNow(this.clock);
    const samePassword =
      expectedPasswordHash === undefined ? Prisma.empty : Prisma.sql`AND password_hash = ${expectedPasswordHash}`;
    const [started] = await db.$queryRaw<(SessionWithUser & { passwordHash: string })[]>`
      WITH u AS (
        UPDATE users SET last_sign_in_at = ${now}, password_hash = coalesce(${newPasswordHash ?? null}, password_hash)
        WHERE id = ${userId}::uuid AND epoch = ${epoch}::int ${samePassword} AND NOT disabled
          AND (NOT second_factor OR ${assuranceLevelOf(methods) === 'aal2'})
        RETURNING *),
      s AS (
        INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at,
          created_at, expires_at, ip, user_agent, auth_time, amr, scope)
        SELECT u.id, ${sessionId}::uuid, ${clientId}, ${hashOf(secret)}, ${now}, ${now}, ${now},
          ${now}, ${now} + ${this.config.sessions.ttlSeconds}::float8 * interval '1 second', ${ip}, ${userAgent},
          ${authenticatedAt}::timestamptz, ${[...methods]}::text[], ${scope || null}
        FROM u RETURNING *),
      audited AS (${audited.insertion(Prisma.sql`s`)})
      SELECT ${sessionWithUserColumns}, u.password_hash AS "passwordHash" FROM s, u`;
    if (!started) return undefined;
    audited.done();
    const token = { userId, sessionId, generation: 0, secret };
    const { passwordHash, ...session } = started;
    return { session, refreshToken: encodeRefreshToken(token, this.keyRing.current), passwordHash };
  }

  /** Returns the user's live sessions, newest first. `lastUsedAt` omits the last five minutes: see `shownUse`. */
  listLive(userId: string): Promise<SessionSummary[]> {
    const limit = this.config.sessions.maxPerUser + readBeyondLimit;
    return this.readLive(liveSessionsOf(userId, databaseNow(this.clock), limit));
  }

  /** Returns the session if it is live. */
  async findLive(userId: string, sessionId: string): Promise<SessionSummary | undefined> {
    const [session] = await this.readLive(Prisma.sql`
      SELECT * FROM sessions WHERE user_id = ${userId}::uuid AND id = ${sessionId}::uuid
        AND revoked_at IS NULL AND expires_at > ${databaseNow(this.clock)}`);
    return session;
  }

  /** `notEnded` selects sessions that are neither revoked nor past their end. */
  private readLive(notEnded: Prisma.Sql): Promise<SessionSummary[]> {
    const now = databaseNow(this.clock);
    return this.db.$queryRaw`
      SELECT id, client_id AS "clientId", created_at AS "createdAt", expires_at AS "expiresAt", user_agent AS "userAgent", ip,
        ${shownUse(now)} AS "lastUsedAt"
      FROM (${notEnded}) live
      WHERE ${now} - seen_at <= ${this.config.sessions.idleTtlSeconds}::float8 * interval '1 second'
      ORDER BY id DESC`;
  }
}
