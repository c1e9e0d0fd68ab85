import { OperatorError } from '../common/operator-error.js';
import type { Config } from '../config/config.js';
import { withEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { withHistory } from './migrations/migrate.js';
import { readMigrations } from './migrations/migration-files.js';
import { PrismaService } from './prisma.service.js';
import type { StartLog } from './start-log.js';
import { waitForDatabase } from './wait-for-database.js';

/**
 * Opens the configured database for a command, including an embedded one that the running service uses. Throws an
 * OperatorError if migrations of this code are missing: a command never migrates.
 */
export async function withDatabase<Result>(
  config: Config,
  log: StartLog,
  use: (db: PrismaService) => Promise<Result>,
): Promise<Result> {
  const { directUrl, startTimeoutSeconds } = config.database;
  if (!directUrl) return withEmbeddedPostgres(config.dataDir, log, (url) => open(config, url, use));
  await waitForDatabase(directUrl, startTimeoutSeconds, log);
  return open(config, directUrl, use);
}

async function open<Result>(config: Config, url: string, use: (db: PrismaService) => Promise<Result>): Promise<Result> {
  await withHistory(url, await readMigrations(), async (_client, { pending, unfinished }) => {
    if (pending.length + unfinished.length === 0) return;
    throw new OperatorError('The database is not up to date: run "pawl db deploy", or start the service once.');
  });
  const db = new PrismaService({ ...config, database: { ...config.database, pooled: false, poolSize: 1 } }, url);
  try {
    return await use(db);
  } finally {
    await db.$disconnect();
  }
}
