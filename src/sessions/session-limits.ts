import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { Revoker } from './revoker.js';

/** How many ended sessions of each kind (revoked, expired) of one user are kept, so that rows cannot pile up. */
const keptEndedSessions = 100;
/** A sign-in deletes no more rows than this, so that it never takes long. */
const deletedPerSignIn = 300;
/**
 * How many live sessions beyond the limit a sign-in counts. A bound, so that PostgreSQL reads the index by their end: it
 * overestimates the live sessions of a user with very many ended ones, and would rather read those of everybody.
 */
const countedBeyondLimit = 1000;
const batchRows = 5000;
const firstUuid = '00000000-0000-0000-0000-000000000000';

/** Bounds the sessions of one user: the live ones and the rows of ended ones. */
@Injectable()
export class SessionLimits {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly revoker: Revoker,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Ends the longest idle sessions of the user beyond MAX_SESSIONS_PER_USER, and deletes the oldest ended ones. */
  async enforce(userId: string): Promise<void> {
    const now = databaseNow(this.clock);
    const { maxPerUser } = this.config.sessions;
    const ofUser = Prisma.sql`user_id = ${userId}::uuid`;
    const oldest = Prisma.sql`OFFSET ${keptEndedSessions}::int LIMIT ${deletedPerSignIn}::int`;
    const surplus = await this.db.$queryRaw<{ id: string }[]>`
      WITH old AS (
        (SELECT id FROM sessions WHERE ${ofUser} AND revoked_at IS NOT NULL ORDER BY revoked_at DESC ${oldest})
        UNION ALL
        (SELECT id FROM sessions WHERE ${ofUser} AND revoked_at IS NULL AND ${this.hasExpired(now)}
         ORDER BY expires_at DESC ${oldest})),
      taken AS (
        SELECT id FROM sessions WHERE ${ofUser} AND ${isIn(Prisma.sql`old`)} FOR UPDATE SKIP LOCKED),
      deleted AS (
        DELETE FROM sessions WHERE ${ofUser} AND ${isIn(Prisma.sql`taken`)})
      SELECT id FROM (
        SELECT id, seen_at FROM sessions WHERE ${ofUser} AND revoked_at IS NULL AND expires_at > ${now}
        ORDER BY expires_at DESC LIMIT ${maxPerUser + countedBeyondLimit}::int) live
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
