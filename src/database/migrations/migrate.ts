import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { OperatorError } from '../../common/operator-error.js';
import { advisoryLocks } from '../advisory-locks.js';
import { schemaOf, sessionUrl } from '../connection-url.js';
import { DatabaseClient } from '../database-client.js';
import type { StartLog } from '../start-log.js';
import type { MigrationHistory } from './history.js';
import { readHistory } from './history.js';
import type { MigrationScript } from './migration-files.js';
import { migrationList, readMigrations } from './migration-files.js';
import { withSchemaEngine } from './schema-engine.js';

const lockPollMs = 200;

/** Prisma's code for a database that has tables but no history. */
const schemaNotEmpty = 'P3005';
const insufficientPrivilege = '42501';

/**
 * Applies the code's pending migrations. If several instances start at once, one applies them and the others wait. A
 * database that newer code has migrated is left as it is.
 */
export async function migrate(
  directUrl: string,
  log: StartLog,
  given?: readonly MigrationScript[],
): Promise<MigrationHistory> {
  const scripts = given ?? (await readMigrations());
  return withHistory(directUrl, scripts, async (client, seen) => {
    let history = seen;
    if (history.pending.length > 0 || history.unfinished.length > 0) {
      await takeLock(client, log);
      history = await readHistory(client, scripts);
    }
    assertNotBroken(history);
    if (history.pending.length > 0) {
      await prepareSchema(client, schemaOf(directUrl));
      history = await applyPending(client, directUrl, scripts, history, log);
    }
    if (history.unknown.length > 0) {
      log.warn(`The database is newer than this code: it also has ${history.unknown.join(', ')}. Starting anyway.`);
    }
    return history;
  });
}

/**
 * Clears the record of a failed migration, so that the next migrate() applies it again. A migration leaves nothing to undo
 * by hand unless it contains statements that run outside a transaction.
 */
export async function forgetFailure(directUrl: string, name: string): Promise<void> {
  await withHistory(directUrl, await readMigrations(), async (_client, { unfinished }) => {
    if (!unfinished.some((migration) => migration.name === name)) {
      throw new OperatorError(`No migration named "${name}" has failed here.`);
    }
    await withSchemaEngine(directUrl, (engine) => engine.markMigrationRolledBack({ migrationName: name }));
  });
}

/** Calls `use` with the history and the connection it was read on. */
export async function withHistory<Result>(
  directUrl: string,
  scripts: readonly MigrationScript[],
  use: (client: pg.Client, history: MigrationHistory) => Promise<Result>,
): Promise<Result> {
  const client = new DatabaseClient({ connectionString: sessionUrl(directUrl), application_name: 'pawl-migrations' });
  await client.connect();
  try {
    return await use(client, await readHistory(client, scripts));
  } finally {
    await client.end();
  }
}

/** Polls instead of waiting in one statement, which would block a CREATE INDEX CONCURRENTLY elsewhere. */
async function takeLock(client: pg.Client, log: StartLog): Promise<void> {
  for (let round = 0; ; round++) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      advisoryLocks.migrations,
    ]);
    if (rows[0]?.taken) return;
    if (round === 0) log.log('Another instance is applying migrations: waiting for it.');
    await sleep(lockPollMs);
  }
}

/**
 * Creates the schema if it is missing. Throws an OperatorError if the role may not create the schema or tables in it, or if the
 * database takes no writes.
 */
async function prepareSchema(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ role: string; readOnly: boolean; exists: boolean; allowed: boolean | null }>(
    `SELECT current_user AS role, current_setting('transaction_read_only') = 'on' AS "readOnly", to_regnamespace(quote_ident($1)) IS NOT NULL AS "exists",
       CASE WHEN to_regnamespace(quote_ident($1)) IS NOT NULL
         THEN has_schema_privilege(to_regnamespace(quote_ident($1)), 'CREATE') END AS allowed`,
    [schema],
  );
  const { role, readOnly, exists, allowed } = rows[0]!;
  if (readOnly) {
    throw new OperatorError(
      `The database takes no writes: it is a replica, or "default_transaction_read_only" is on for it or for the role "${role}". Connect to the primary, or set that to off.`,
    );
  }
  if (exists && allowed) return;
  if (exists) {
    throw new OperatorError(
      `The role "${role}" may not create tables in the schema "${schema}". Run this as the owner of the database: GRANT CREATE ON SCHEMA "${schema}" TO "${role}";`,
    );
  }
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
  } catch (error) {
    if ((error as { code?: string }).code !== insufficientPrivilege) throw error;
    throw new OperatorError(
      `The schema "${schema}" does not exist, and the role "${role}" may not create it. Run this as the owner of the database: CREATE SCHEMA "${schema}" AUTHORIZATION "${role}";`,
    );
  }
}

async function applyPending(
  client: pg.Client,
  directUrl: string,
  scripts: readonly MigrationScript[],
  { pending }: MigrationHistory,
  log: StartLog,
): Promise<MigrationHistory> {
  log.log(`Applying ${pending.length === 1 ? 'migration' : 'migrations'} ${pending.join(', ')}.`);
  try {
    await withSchemaEngine(directUrl, (engine) =>
      engine.applyMigrations({
        migrationsList: migrationList(scripts),
        filters: { externalTables: [], externalEnums: [] },
      }),
    );
  } catch (error) {
    if ((error as { code?: string }).code === schemaNotEmpty) {
      throw new OperatorError("The database contains tables that are not Pawl's: give Pawl a database of its own.");
    }
    assertNotBroken(await readHistory(client, scripts)); // a clearer message than the engine's
    throw error;
  }
  return readHistory(client, scripts);
}

/** Throws an OperatorError if the history must be repaired first. */
function assertNotBroken({ unfinished, edited }: MigrationHistory): void {
  const [failed] = unfinished;
  if (failed) {
    throw new OperatorError(
      `The migration ${failed.name} has failed (${failed.reason}): fix the cause, then run "pawl db retry ${failed.name}".`,
    );
  }
  if (edited.length > 0) {
    throw new OperatorError(
      `The migration ${edited.join(', ')} was edited after it was applied: restore the file, and write a new migration for the change.`,
    );
  }
}
