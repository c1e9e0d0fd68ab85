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

/** Brings the database up at start, and down again once nothing uses it any more. */
export class Database implements OnApplicationShutdown {
  private constructor(
    readonly prisma: PrismaService,
    /** Goes past a pooler: for LISTEN and whatever else needs a connection of its own. Holds the password: never log it. */
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

  /** The last of the shut-down: by now every request is answered and every feature has let go of the database. */
  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
    await this.embedded?.stop();
  }
}
