import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Prisma } from '../database/generated/client.js';
import { Notifications } from '../database/notifications.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { decodeFeedMessage, revocationChannel } from './revocation-message.js';
import type { RevocableToken, RevocationEntry } from './revoked-tokens.js';
import { RevokedTokens } from './revoked-tokens.js';

/** How much longer than an access token an entry is kept, in case the clocks differ. */
const marginSeconds = 5 * 60;
/** While the feed is down, the database is asked about each session at most this often. */
const askAgainMs = 1000;
const maxAskedSessions = 10_000;
const retryAfterSeconds = 1;

/**
 * Refuses revoked access tokens without a query. Memory holds everything that was revoked within one access-token lifetime.
 * It is read from the `revocations` table and kept up to date by the notification that each revoking transaction sends.
 * While that feed is down, the database is asked instead (docs/revocation.md).
 */
@Injectable()
export class Revocations implements OnModuleInit {
  private readonly revoked: RevokedTokens;
  /** Queries of the last second, by session. Concurrent requests share one. */
  private readonly asked = new LRUCache<string, { atMs: number; answer: Promise<void> }>({ max: maxAskedSessions });

  constructor(
    private readonly db: PrismaService,
    private readonly notifications: Notifications,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.revoked = new RevokedTokens(clock, this.lifetimeSeconds);
  }

  /** How long an entry matters. After that, no access token from before it is still valid. */
  get lifetimeSeconds(): number {
    return this.config.accessToken.ttlSeconds + marginSeconds;
  }

  async onModuleInit(): Promise<void> {
    await this.notifications.subscribe({
      channel: revocationChannel,
      catchUp: () => this.readAll(),
      receive: (payload) => this.receive(payload),
    });
  }

  /** Makes revocations of this instance effective before the response is sent. */
  remember(entries: readonly RevocationEntry[]): void {
    for (const entry of entries) this.revoked.add(entry);
  }

  /** Whether memory holds everything that was revoked, because the feed is up. */
  get isUpToDate(): boolean {
    return this.notifications.healthy;
  }

  /** Throws `token_revoked` if memory says that the token was revoked. */
  assertNotRevoked(token: RevocableToken): void {
    if (this.revoked.has(token)) throw new ApiError('token_revoked');
  }

  /** Same as `assertNotRevoked`, but also asks the database while the feed is down. */
  async check(token: RevocableToken): Promise<void> {
    this.assertNotRevoked(token);
    if (!this.isUpToDate) await this.askDatabase(token);
  }

  private receive(payload: string): void {
    const entries = decodeFeedMessage(payload);
    if (entries) {
      this.remember(entries);
      return;
    }
    // If reading fails, the database is unavailable. The feed is down too then, and catches up when it is back.
    this.readAll().catch(() => undefined);
  }

  private async askDatabase(token: RevocableToken): Promise<void> {
    const now = performance.now();
    let asked = this.asked.get(token.sessionId);
    if (!asked || now - asked.atMs >= askAgainMs) {
      asked = { atMs: now, answer: this.readAbout(token) };
      this.asked.set(token.sessionId, asked);
    }
    await asked.answer;
    this.assertNotRevoked(token);
  }

  private async readAbout({ userId, sessionId, clientId }: RevocableToken): Promise<void> {
    const ofUser = Prisma.sql`user_id = ${userId ?? null}::uuid`;
    const ofClient = Prisma.sql`user_id IS NULL AND (client_id = ${clientId} OR session_id = ${sessionId}::uuid)`;
    try {
      await this.read(Prisma.sql`(${ofUser} OR ${ofClient})`);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      // Nothing can be revoked without a commit, so memory stays right while the database is unavailable.
      if (this.config.revocationStrict) {
        throw new ApiError('database_unavailable', 'REVOCATION_STRICT, and neither feed nor database', {
          retryAfterSeconds,
          cause: error,
        });
      }
    }
  }

  private readAll(): Promise<void> {
    return this.read(Prisma.sql`true`);
  }

  private async read(which: Prisma.Sql): Promise<void> {
    const rows = await this.db.$queryRaw<RevocationRow[]>`
      SELECT user_id AS "userId", session_id AS "sessionId", min_epoch AS "minEpoch", client_id AS "clientId"
      FROM revocations
      WHERE ${which}
        AND revoked_at > ${databaseNow(this.clock)} - ${this.lifetimeSeconds}::float8 * interval '1 second'`;
    this.remember(rows.map(toEntry));
  }
}

interface RevocationRow {
  userId: string | null;
  sessionId: string | null;
  minEpoch: number | null;
  clientId: string | null;
}

/** A constraint of the table ensures that exactly one of the three is set. */
function toEntry({ userId, sessionId, minEpoch, clientId }: RevocationRow): RevocationEntry {
  if (sessionId !== null) return { sessionId };
  if (clientId !== null) return { clientId };
  return { userId: userId!, minEpoch: minEpoch! };
}
