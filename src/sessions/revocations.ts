import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { RevocationLog } from './revocation-log.js';
import type { RevocationRow } from './revocation-message.js';
import { readRevocationsAbout } from './revocation-rows.js';
import type { RevocableToken, RevocationEntry } from './revoked-tokens.js';
import { RevokedTokens } from './revoked-tokens.js';

/** While the feed is down, the database is asked about each session at most this often. */
const askAgainMs = 1000;
const maxAskedSessions = 10_000;
const retryAfterSeconds = 1;

/**
 * Refuses revoked access tokens without a query. Memory holds everything that was revoked within one access-token lifetime.
 * `RevocationLog` keeps it up to date. While that feed is down, the database is asked instead (docs/revocation.md).
 */
@Injectable()
export class Revocations {
  private readonly revoked: RevokedTokens;
  /** Queries of the last second, by session. Concurrent requests share one. */
  private readonly asked = new LRUCache<string, { atMs: number; answer: Promise<void> }>({ max: maxAskedSessions });

  constructor(
    private readonly db: PrismaService,
    private readonly log: RevocationLog,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.revoked = new RevokedTokens(clock, log.lifetimeSeconds);
    log.listen({ heard: (rows) => this.remember(toEntries(rows)) });
  }

  /** Makes revocations of this instance effective before the response is sent. */
  remember(entries: readonly RevocationEntry[]): void {
    for (const entry of entries) this.revoked.add(entry);
  }

  /** Whether memory holds everything that was revoked, because the feed is up. */
  get isUpToDate(): boolean {
    return this.log.isUpToDate;
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

  private async readAbout(token: RevocableToken): Promise<void> {
    try {
      this.remember(toEntries(await readRevocationsAbout(this.db, this.clock, token, this.log.lifetimeSeconds)));
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
}

/** Revoked keys are left out: `SigningKeys` refuses what they signed. */
function toEntries(rows: readonly RevocationRow[]): RevocationEntry[] {
  return rows.flatMap(({ userId, sessionId, minEpoch, clientId }): RevocationEntry[] => {
    if (sessionId !== undefined) return [{ sessionId }];
    if (clientId !== undefined) return [{ clientId }];
    return userId === undefined || minEpoch === undefined ? [] : [{ userId, minEpoch }];
  });
}
