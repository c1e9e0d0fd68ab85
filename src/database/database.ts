import type { OnApplicationShutdown } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { OperatorError } from '../common/operator-error.js';
import type { Config } from '../config/config.js';
import { schemaOf } from './connection-url.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate } from './migrations/migrate.js';
import { checkPooledSession } from './pooled-session.js';
import { PrismaService } from './prisma.service.js';
import { assertSessionSettingsArrive } from './session-check.js';
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
      assertOneSchema(url, directUrl);
      await waitForDatabase(directUrl, config.database.startTimeoutSeconds, log);
      await migrate(directUrl, log);
      if (config.database.pooled) await checkPooledSession(url, timeLimits(config.sessions.graceSeconds));
      else if (!embedded) await assertSessionSettingsArrive(url);
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

/** Through the pooler and past it, Pawl must find the same tables. */
function assertOneSchema(url: string, directUrl: string): void {
  const [schema, directSchema] = [schemaOf(url), schemaOf(directUrl)];
  if (schema === directSchema) return;
  throw new OperatorError(
    `DATABASE_URL names the schema ${schema}, and DATABASE_DIRECT_URL names ${directSchema}: add ?schema=${schema} to both, or the one you want.`,
  );
}
