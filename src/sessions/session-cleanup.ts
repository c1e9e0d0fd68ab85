import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PeriodicJobs, withAdvisoryLock } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { RevocationLog } from './revocation-log.js';
import { deleteOldRevocations } from './revocation-rows.js';

const everyMs = 10 * 60 * 1000;
/** Rows looked at by one statement: small, so that none holds locks for long. */
const batchRows = 1000;
/** How long an ended session is kept, so that its holder still reads why it ended (`refresh_expired`, not `session_revoked`). */
const keptAfterEndDays = 30;
/**
 * How many ended sessions of one user a batch keeps, those that ended last. So the rows of a user who signs in very often, or of
 * somebody who piles them up on purpose, shrink to a tenth with each walk.
 */
const keptEndedOfUser = 100;
/** Revocations are kept this much longer than they matter: a clock of the database that jumps and is set back removes none. */
const clockStepSeconds = 2 * 60 * 60;
const firstUuid = '00000000-0000-0000-0000-000000000000';

/** Where the walk down the primary key stands. */
interface Position {
  userId: string;
  id: string;
}

interface Batch {
  deleted: number;
  /** Undefined at the end of the table. */
  next: Position | undefined;
}

interface BatchRow {
  deleted: number;
  userId: string | null;
  id: string | null;
}

/**
 * Deletes sessions that expired or were revoked long ago, those that one user has very many of, and revocations too old to
 * matter. It walks the primary key in batches, because no index may name a column that a rotation changes. One instance at a
 * time does it.
 */
@Injectable()
export class SessionCleanup {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly revocations: RevocationLog,
    @Inject(CONFIG) private readonly config: Config,
    jobs: PeriodicJobs,
  ) {
    jobs.add({ name: 'the clean-up of sessions', everyMs, run: (signal) => this.deleteEnded(signal) });
  }

  /** Walks all sessions once. Returns how many were deleted; 0 also if another instance is doing it. */
  async deleteEnded(signal?: AbortSignal): Promise<number> {
    let deleted = 0;
    let position: Position | undefined = { userId: firstUuid, id: firstUuid };
    while (position && !signal?.aborted) {
      const batch = await this.deleteBatch(position);
      // Another instance has begun its own walk, which will cover the rest.
      if (!batch) return deleted;
      deleted += batch.deleted;
      position = batch.next;
    }
    await deleteOldRevocations(this.db, this.clock, 2 * this.revocations.lifetimeSeconds + clockStepSeconds);
    return deleted;
  }

  /** Undefined if another instance is doing it. */
  private async deleteBatch(after: Position): Promise<Batch | undefined> {
    const batch = await withAdvisoryLock(this.db, advisoryLocks.sessionCleanup, (tx) => this.deleteNext(after, tx));
    return batch?.result;
  }

  private async deleteNext(after: Position, tx: Prisma.TransactionClient): Promise<Batch> {
    const now = databaseNow(this.clock);
    const [batch] = await tx.$queryRaw<BatchRow[]>`
      WITH batch AS (
        SELECT s.user_id, s.id, least(s.expires_at, s.revoked_at, s.seen_at + ${this.idleTtl()}) AS ended_at
        FROM sessions s
        WHERE (s.user_id, s.id) > (${after.userId}::uuid, ${after.id}::uuid)
        ORDER BY s.user_id, s.id LIMIT ${batchRows}::int),
      ended AS (
        SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY ended_at DESC, id DESC) AS place
        FROM batch WHERE ended_at < ${now}),
      gone AS (
        DELETE FROM sessions s USING ended e
        WHERE s.user_id = e.user_id AND s.id = e.id
          AND (e.ended_at < ${now} - ${keptAfterEndDays}::int * interval '1 day' OR e.place > ${keptEndedOfUser}::int)
          AND (s.revoked_at IS NOT NULL OR s.seen_at + ${this.idleTtl()} < ${now} OR s.expires_at < ${now})
        RETURNING 1)
      SELECT (SELECT count(*)::int FROM gone) AS deleted, last.user_id AS "userId", last.id
      FROM (VALUES (1)) one LEFT JOIN (SELECT user_id, id FROM batch ORDER BY user_id DESC, id DESC LIMIT 1) last ON true`;
    const { deleted, userId, id } = batch!;
    return { deleted, next: userId && id ? { userId, id } : undefined };
  }

  private idleTtl(): Prisma.Sql {
    return Prisma.sql`${this.config.sessions.idleTtlSeconds}::float8 * interval '1 second'`;
  }
}
