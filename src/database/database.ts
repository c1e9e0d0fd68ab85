import type { OnApplicationShutdown } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate } from './migrations/migrate.js';
import { checkPooledSession } from './pooled-session.js';
import { PrismaService } from './prisma.service.js';
import type { StartLog } from './start-log.js';
import { timeLimits } from './time-limits.js';
import { waitForDatabase } from './wait-for-database.js';

/** Opens the database at the start and closes it when nothing uses it any more. */
export class Database implements OnApplicationShutdown {
  private constructor(
    readonly prisma: PrismaService,
    /** Bypasses a pooler, for LISTEN and other uses of a dedicated connection. Contains the password: never log it. */
    readonly directUrl: string,
    private readonly embedded: EmbeddedPostgres | undefined,
  ) {}

  /** Resolves when the database answers and every migration is applied. */
  static async open(config: Config, log: StartLog = new Logger('Database')): Promise<Database> {
    const embedded = config.database.url ? undefined : await EmbeddedPostgres.start(config.dataDir, log);
    try {
      const url = config.database.url ?? embedded!.url;
      const directUrl = config.database.directUrl ?? url;
      await waitForDatabase(directUrl, config.database.startTimeoutSeconds, log);
      await migrate(directUrl, log);
      if (config.database.pooled) await checkPooledSession(url, timeLimits(config.sessions.graceSeconds));
      return new Database(new PrismaService(config, url), directUrl, embedded);
    } catch (error) {
      await embedded?.stop();
      throw error;
    }
  }

  /** Runs last in the shutdown: every request has its response, and no feature uses the database any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
    await this.embedded?.stop();
  }
}
