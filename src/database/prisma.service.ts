import { Logger } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { Config } from '../config/config.js';
import { PrismaClient } from './generated/client.js';
import { poolOptions, statementNames } from './pool-options.js';
import { timeLimits } from './time-limits.js';

/** The database, as every feature's service sees it. */
export class PrismaService extends PrismaClient {
  constructor(config: Config, url: string) {
    const logger = new Logger('Database');
    // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
    const onPoolError = (error: Error) => logger.warn(`An idle database connection broke: ${error.message}`);
    const limits = timeLimits(config.sessions.graceSeconds);
    super({
      adapter: new PrismaPg(poolOptions(config, url), {
        onPoolError,
        ...(config.database.pooled ? {} : { statementNameGenerator: statementNames() }),
      }),
      transactionOptions: { maxWait: limits.connectMs, timeout: limits.statementMs },
      errorFormat: 'minimal',
    });
  }
}
