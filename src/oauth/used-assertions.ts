import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../common/clock.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { sha256 } from '../secrets/bytes.js';

const cleanupEveryMs = 10 * 60 * 1000;
/** Rows deleted by one statement. */
const batchRows = 1000;
/** Kept so long past their end: by more than any two clocks are apart. */
const marginSeconds = 5 * 60;

/** Remembers each client assertion that was used, until it would be refused anyway: on every instance it counts once. */
@Injectable()
export class UsedAssertions {
  private readonly logger = new Logger(UsedAssertions.name);

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  /** One statement: of two that present it at once, one is the first. */
  async isFirstUse(clientId: string, jti: string, expiresAt: Date): Promise<boolean> {
    const jtiHash = new Uint8Array(sha256(Buffer.from(jti)));
    const { count } = await this.db.clientAssertion.createMany({
      data: [{ clientId, jtiHash, expiresAt }],
      skipDuplicates: true,
    });
    return count === 1;
  }

  @Interval(cleanupEveryMs)
  async runScheduled(): Promise<void> {
    try {
      await this.deleteExpired();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      this.logger.warn('The database is not available: the clean-up of client assertions waits for its next turn.');
    }
  }

  /** Returns how many were deleted; 0 also when another instance is at it. */
  async deleteExpired(): Promise<number> {
    let deleted = 0;
    let batch: number;
    do {
      // The lock lasts as long as the statement's transaction, so that an instance that dies leaves none behind.
      batch = await this.db.$executeRaw`
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${advisoryLocks.assertionCleanup}::bigint) AS mine)
        DELETE FROM client_assertions WHERE (client_id, jti_hash) IN (
          SELECT client_id, jti_hash FROM client_assertions, turn
          WHERE turn.mine AND expires_at < ${databaseNow(this.clock)} - ${marginSeconds}::int * interval '1 second'
          LIMIT ${batchRows}::int)`;
      deleted += batch;
    } while (batch > 0);
    return deleted;
  }
}
