import pg from 'pg';
import { loadConfig } from '../../src/config/config.js';
import { advisoryLocks } from '../../src/database/advisory-locks.js';
import { Database } from '../../src/database/database.js';
import { forgetFailure, migrate } from '../../src/database/migrations/migrate.js';
import { readMigrations } from '../../src/database/migrations/migration-files.js';
import { missingSql } from '../../src/database/migrations/new-migration.js';
import type { TestDatabase } from '../support/database.js';
import { createEmptyDatabase } from '../support/database.js';
import { recordingLog } from '../support/log.js';

const silent = recordingLog();
const first = { name: '20260101000000_first', sql: 'CREATE TABLE first (id int); -- one; two\n' };
const second = {
  name: '20260102000000_second',
  sql: 'CREATE TABLE second (id int);\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$;\n',
};
const broken = { ...second, sql: `${second.sql}INSERT INTO first VALUES ('a word');\n` };

let database: TestDatabase;
beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(() => database.drop());

const appliedNames = async () =>
  (await database.query('SELECT migration_name FROM _prisma_migrations ORDER BY started_at')).map(
    (row) => row.migration_name,
  );
const tableExists = async (name: string) =>
  (await database.query('SELECT to_regclass($1) IS NOT NULL AS exists', [name]))[0]?.exists;

it('ten instances that start at once on an empty database apply each migration once, and all start', async () => {
  const config = loadConfig({ DATABASE_URL: database.url, AUTH_SECRET: 's'.repeat(32) });
  const instances = await Promise.all(Array.from({ length: 10 }, () => Database.open(config, silent)));
  try {
    expect(await Promise.all(instances.map(({ prisma }) => prisma.user.count()))).toEqual(Array(10).fill(0));
    expect(await appliedNames()).toEqual((await readMigrations()).map((script) => script.name));
  } finally {
    await Promise.all(instances.map((instance) => instance.onApplicationShutdown()));
  }
});

it('the migrations and schema.prisma agree', async () => {
  expect(await missingSql(database.url, await readMigrations())).toBeUndefined();
});

it('SQL that the schema needs and the migrations lack is found, and the shadow database is dropped afterwards', async () => {
  const url = new URL(database.url);
  const [init, ...rest] = await readMigrations();
  const withoutNotesIndex = { ...init!, sql: init!.sql.replace('CREATE INDEX "notes_id_idx" ON "notes"("id");', '') };
  expect(await missingSql(database.url, [withoutNotesIndex, ...rest])).toContain(
    'CREATE INDEX "notes_id_idx" ON "notes"("id");',
  );
  expect(await database.query(`SELECT datname FROM pg_database WHERE datname LIKE 'pawl_shadow%'`)).toEqual([]);
  expect(await tableExists('users')).toBe(false);
  expect(url.pathname).not.toBe('/postgres');
});

it('migrations are not subject to the timeouts of requests', async () => {
  const name = new URL(database.url).pathname.slice(1);
  await database.query(`ALTER DATABASE ${name} SET statement_timeout = '200ms'`);
  await database.query(`ALTER DATABASE ${name} SET lock_timeout = '100ms'`);
  const slow = { name: '20260102000000_slow', sql: 'CREATE TABLE slow AS SELECT 1 AS id FROM pg_sleep(0.4);\n' };
  await migrate(database.url, silent, [first, slow]);
  expect(await tableExists('slow')).toBe(true);
});

it('a database that is up to date is left alone', async () => {
  await migrate(database.url, silent, [first, second]);
  const log = recordingLog();
  const { applied } = await migrate(database.url, log, [first, second]);
  expect(applied).toEqual([first.name, second.name]);
  expect(log.lines).toEqual([]);
});

it('a database newer than the code starts with a warning', async () => {
  await migrate(database.url, silent, [first, second]);
  const log = recordingLog();
  await migrate(database.url, log, [first]);
  expect(log.lines).toEqual([expect.stringContaining(`newer than this code: it also has ${second.name}`)]);
});

it('a failed migration stops the start with its name and reason, leaves nothing behind, and can be retried', async () => {
  const refused = `The migration ${second.name} has failed (ERROR: invalid input syntax for type integer: "a word")`;
  await expect(migrate(database.url, silent, [first, broken])).rejects.toThrow(refused);
  expect(await tableExists('second')).toBe(false);
  await expect(migrate(database.url, silent, [first, second])).rejects.toThrow(refused);

  await forgetFailure(database.url, second.name);
  const { applied } = await migrate(database.url, silent, [first, second]);
  expect(applied).toEqual([first.name, second.name]);
  expect(await tableExists('second')).toBe(true);
});

it('a migration that was edited after it was applied stops the start with its name', async () => {
  await migrate(database.url, silent, [first]);
  const edited = { ...first, sql: 'CREATE TABLE first (id bigint);\n' };
  await expect(migrate(database.url, silent, [edited, second])).rejects.toThrow(
    `The migration ${first.name} was edited`,
  );
  expect(await tableExists('second')).toBe(false);
});

it('an instance does not mistake a migration that another one is applying for a failed one', async () => {
  await migrate(database.url, silent, [first]);
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  await other.query('SELECT pg_advisory_lock($1)', [advisoryLocks.migrations]);
  await other.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('x', 'x', $1, now())`,
    [second.name],
  );

  const log = recordingLog();
  const waiting = migrate(database.url, log, [first, second]);
  await log.includes('Another instance');
  expect(log.lines).toEqual(['Another instance is applying migrations: waiting for it.']);
  await other.query(`DELETE FROM _prisma_migrations WHERE id = 'x'`);
  await other.end();
  expect((await waiting).applied).toEqual([first.name, second.name]);
});
