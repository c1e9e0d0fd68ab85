import { resolve } from 'node:path';
import { OperatorError } from '../common/operator-error.js';
import { readEnvironment } from '../config/config.js';
import { Env } from '../config/env.js';
import { withEmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { startTemporaryCluster } from '../database/embedded/temporary-cluster.js';
import { forgetFailure, migrate, withHistory } from '../database/migrations/migrate.js';
import { readMigrations } from '../database/migrations/migration-files.js';
import { writeMigration } from '../database/migrations/new-migration.js';
import type { StartLog } from '../database/start-log.js';
import { waitForDatabase } from '../database/wait-for-database.js';

const usage = `Usage: node scripts/db.mjs COMMAND
  generate         makes the Prisma client from prisma/schema.prisma
  migration NAME   writes the SQL that leads from the migrations to the schema
  deploy           applies the pending migrations
  status           compares the database with the migrations; exits with 1 unless it is up to date
  retry NAME       applies a migration again that has failed`;

/** The settings that concern the database. The others need not even be set here. */
const Settings = Env.pick({
  DATABASE_URL: true,
  DATABASE_DIRECT_URL: true,
  DATABASE_START_TIMEOUT: true,
  DATA_DIR: true,
});

const log: StartLog = { log: tell, warn: tell };

/** Runs one command of scripts/db.mjs and resolves with the exit code of the process. */
export async function runDatabaseCommand(
  command: string | undefined,
  [name = '']: readonly string[],
  processEnv: NodeJS.ProcessEnv,
): Promise<number> {
  try {
    switch (command) {
      case 'migration':
        return await newMigration(name, processEnv);
      case 'deploy':
        return await withDatabase(processEnv, deploy);
      case 'status':
        return await withDatabase(processEnv, showStatus);
      case 'retry':
        return await withDatabase(processEnv, async (url) => {
          await forgetFailure(url, name);
          return deploy(url);
        });
      default:
        tell(usage);
        return 2;
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    tell(error.message);
    return 1;
  }
}

async function newMigration(name: string, processEnv: NodeJS.ProcessEnv): Promise<number> {
  return withShadowServer(processEnv, async (url) => {
    const file = await writeMigration(url, name, new Date());
    tell(
      file ? `Read it, then commit it: ${file}` : 'The migrations and schema.prisma agree: there is nothing to write.',
    );
    return 0;
  });
}

/** A server of its own for the shadow database; the configured one only where there is no embedded PostgreSQL. */
async function withShadowServer(processEnv: NodeJS.ProcessEnv, use: (url: string) => Promise<number>): Promise<number> {
  const url = readSettings(processEnv).directUrl;
  const shadow = await startTemporaryCluster().catch((error: unknown) => {
    if (url && error instanceof OperatorError) return { url, destroy: async () => undefined };
    throw error;
  });
  try {
    return await use(shadow.url);
  } finally {
    await shadow.destroy();
  }
}

async function deploy(url: string): Promise<number> {
  const { applied } = await migrate(url, log);
  tell(`The database is up to date with ${applied.length} migrations.`);
  return 0;
}

async function showStatus(url: string): Promise<number> {
  return withHistory(url, await readMigrations(), async (_client, history) => {
    for (const name of history.applied)
      tell(`applied   ${name}${history.edited.includes(name) ? ' (edited since)' : ''}`);
    for (const name of history.pending) tell(`pending   ${name}`);
    for (const { name, reason } of history.unfinished) tell(`failed    ${name} (${reason})`);
    for (const name of history.unknown) tell(`unknown   ${name} (applied by newer code)`);
    return history.pending.length + history.unfinished.length + history.edited.length === 0 ? 0 : 1;
  });
}

async function withDatabase(processEnv: NodeJS.ProcessEnv, use: (url: string) => Promise<number>): Promise<number> {
  const { directUrl, dataDir, startTimeoutSeconds } = readSettings(processEnv);
  if (!directUrl) return withEmbeddedPostgres(dataDir, log, use);
  await waitForDatabase(directUrl, startTimeoutSeconds, log);
  return use(directUrl);
}

function readSettings(processEnv: NodeJS.ProcessEnv) {
  const given = Object.entries(readEnvironment(processEnv)).filter(([, value]) => value !== '');
  const { data: env, error } = Settings.safeParse(Object.fromEntries(given));
  if (!env) throw new OperatorError(error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'));
  return {
    directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
    dataDir: resolve(env.DATA_DIR),
    startTimeoutSeconds: env.DATABASE_START_TIMEOUT,
  };
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
