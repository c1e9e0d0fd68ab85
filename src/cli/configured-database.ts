import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import { readEnvironment } from '../config/environment.js';
import type { PrismaService } from '../database/prisma.service.js';
import { withDatabase } from '../database/with-database.js';
import type { CommandContext } from './command-context.js';
import { warningsTo } from './terminal.js';

/** Lends a command the service's settings and database. */
export function withConfiguredDatabase<Result>(
  { processEnv, terminal }: CommandContext,
  use: (db: PrismaService, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(readEnvironment(processEnv));
  return withDatabase(config, warningsTo(terminal), (db) => use(db, config));
}
