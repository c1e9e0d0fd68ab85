import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { databaseNow } from '../database/now.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { sha256 } from '../secrets/bytes.js';

const cleanupEveryMs = 10 * 60 * 1000;
/** How long they are stored past their end: longer than any two clocks differ. */
const marginSeconds = 5 * 60;

/** Remembers used client assertions until they expire, so that each is accepted once across all instances. */
@Injectable()
export class UsedAssertions {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    jobs: PeriodicJobs,
  ) {
    const name = 'the clean-up of client assertions';
    jobs.add({ name, everyMs: cleanupEveryMs, run: (signal) => this.deleteExpired(signal) });
  }

  /** One statement, so that only one of two simultaneous requests is the first. */
  async isFirstUse(clientId: string, jti: string, expiresAt: Date): Promise<boolean> {
    const jtiHash = new Uint8Array(sha256(Buffer.from(jti)));
    const { count } = await this.db.clientAssertion.createMany({
      data: [{ clientId, jtiHash, expiresAt }],
      skipDuplicates: true,
    });
    return count === 1;
  }

  /** Returns how many were deleted; 0 also if another instance is doing it. */
  deleteExpired(signal?: AbortSignal): Promise<number> {
    const lock = advisoryLocks.assertionCleanup;
    return deleteInBatches(
      { db: this.db, lock, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM client_assertions WHERE (client_id, jti_hash) IN (
          SELECT client_id, jti_hash FROM client_assertions
          WHERE expires_at < ${databaseNow(this.clock)} - ${marginSeconds}::int * interval '1 second'
          LIMIT ${rows}::int)`,
    );
  }
}
