import { createHmac } from 'node:crypto';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import { postgresClient } from './postgres-client.js';
import type { Quota } from './quota.js';
import { connectRedis } from './redis-client.js';

const tableName = 'rate_limits';
const cleanUpIntervalMs = 10 * 60_000;

/**
 * Creates counters that all instances share, in Redis if it is configured and otherwise in PostgreSQL. While that store is
 * not available, each instance counts by itself.
 */
@Injectable()
export class Limiters implements OnApplicationShutdown {
  private readonly logger = new Logger('Limits');
  private readonly redis: Redis | undefined;

  constructor(
    private readonly db: PrismaService,
    private readonly keys: KeyRing,
    @Inject(CONFIG) config: Config,
    jobs: PeriodicJobs,
  ) {
    this.redis = config.redisUrl === undefined ? undefined : connectRedis(config.redisUrl, this.logger);
    // Redis expires its keys itself.
    if (this.redis) return;
    const name = 'the clean-up of limits';
    jobs.add({ name, everyMs: cleanUpIntervalMs, run: (signal) => this.deleteEnded(signal) });
  }

  /** Refuses requests beyond the quota. The window begins with the first request. */
  shared(name: string, { count: points, windowSeconds: duration }: Quota): RateLimiterAbstract {
    const options = { keyPrefix: `pawl:${name}`, points, duration };
    const insuranceLimiter = new RateLimiterMemory(options);
    if (this.redis) {
      return new RateLimiterRedis({
        ...options,
        storeClient: this.redis,
        rejectIfRedisNotReady: true,
        inMemoryBlockOnConsumed: points + 1,
        insuranceLimiter,
      });
    }
    return new RateLimiterPostgres({
      ...options,
      storeClient: postgresClient(this.db),
      storeType: 'client',
      tableName,
      tableCreated: true,
      clearExpiredByTimeout: false,
      // A key that has used up its quota is refused from memory until its window ends.
      inMemoryBlockOnConsumed: points + 1,
      insuranceLimiter,
    });
  }

  /** For requests too frequent to be worth a query: each instance counts its own. */
  perInstance(name: string, { count: points, windowSeconds: duration }: Quota): RateLimiterAbstract {
    return new RateLimiterMemory({ keyPrefix: `pawl:${name}`, points, duration });
  }

  /** A key that does not reveal who the counter is about: 132 bits of an HMAC. */
  keyFor(text: string): string {
    return createHmac('sha256', this.keys.current.limits).update(text).digest('base64url').slice(0, 22);
  }

  /** Whether Redis answers within the timeout of a counter. Returns undefined if PostgreSQL counts. */
  async redisAnswers(): Promise<boolean | undefined> {
    if (!this.redis) return undefined;
    return this.redis.ping().then(
      () => true,
      () => false,
    );
  }

  /** Deletes the counters whose window has ended. Returns how many. */
  private deleteEnded(signal: AbortSignal): Promise<number> {
    return deleteInBatches(
      { db: this.db, lock: advisoryLocks.limitCleanup, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM rate_limits WHERE key IN (
          SELECT key FROM rate_limits WHERE expire < ${Date.now()}::bigint LIMIT ${rows}::int)`,
    );
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}
