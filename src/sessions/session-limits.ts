import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { liveSessionsOf, readBeyondLimit } from './live-sessions.js';
import { Revoker } from './revoker.js';

const batchRows = 5000;
const firstUuid = '00000000-0000-0000-0000-000000000000';

/**
 * Bounds the live sessions of one user. It leaves the ended ones to the clean-up (session-cleanup.ts), so that a sign-in costs
 * the same however many there are.
 */
@Injectable()
export class SessionLimits {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly revoker: Revoker,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Ends the longest idle sessions of the user beyond MAX_SESSIONS_PER_USER. */
  async enforce(userId: string): Promise<void> {
    const now = databaseNow(this.clock);
    const { maxPerUser } = this.config.sessions;
    const surplus = await this.db.$queryRaw<{ id: string }[]>`
      SELECT id FROM (${liveSessionsOf(userId, now, maxPerUser + readBeyondLimit)}) live
      ORDER BY seen_at DESC, id DESC OFFSET ${maxPerUser}::int`;
    for (const { id } of surplus) await this.revoker.endSession(userId, id, 'limit');
  }

  /** Deletes every ended session of the user, in batches, because no statement may run long. */
  async deleteEnded(userId: string): Promise<void> {
    const now = databaseNow(this.clock);
    let after: string | undefined = firstUuid;
    while (after !== undefined) {
      const [batch]: { last: string | null }[] = await this.db.$queryRaw`
        WITH batch AS (
          SELECT id FROM sessions
          WHERE user_id = ${userId}::uuid AND id > ${after}::uuid AND (revoked_at IS NOT NULL OR ${this.hasExpired(now)})
          ORDER BY id LIMIT ${batchRows}::int),
        deleted AS (
          DELETE FROM sessions WHERE user_id = ${userId}::uuid AND ${isIn(Prisma.sql`batch`)})
        SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last`;
      after = batch!.last ?? undefined;
    }
  }

  private hasExpired(now: Prisma.Sql): Prisma.Sql {
    const idleTtl = Prisma.sql`${this.config.sessions.idleTtlSeconds}::float8 * interval '1 second'`;
    return Prisma.sql`(expires_at <= ${now} OR ${now} - seen_at > ${idleTtl})`;
  }
}

/**
 * SQL for the ids that a common table expression of the same statement has found. As an array, so that each is looked up in the
 * primary key: with a join, or by the places of the rows, the planner may read all rows of the user and compare each of them.
 */
function isIn(found: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`id = ANY (ARRAY(SELECT id FROM ${found}))`;
}
