import { Logger } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Config } from '../config/config.js';
import { PrismaClient } from './generated/client.js';
import { poolOptions, statementNames } from './pool-options.js';
import { timeLimits } from './time-limits.js';

/** The database, as every feature's service sees it. */
export class PrismaService extends PrismaClient {
  /** What the statements run on: to look at, the client alone uses it. */
  readonly pool: pg.Pool;

  constructor(config: Config, url: string) {
    const logger = new Logger('Database');
    // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
    const onPoolError = (error: Error) => logger.warn(`An idle database connection broke: ${error.message}`);
    const limits = timeLimits(config.sessions.graceSeconds);
    const pool = new pg.Pool(poolOptions(config, url));
    super({
      adapter: new PrismaPg(pool, {
        onPoolError,
        disposeExternalPool: true,
        ...(config.database.pooled ? {} : { statementNameGenerator: statementNames() }),
      }),
      transactionOptions: { maxWait: limits.connectMs, timeout: limits.statementMs },
      errorFormat: 'minimal',
    });
    this.pool = pool;
  }
}
