import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Made by postgres-keeper.mjs. */
const template = 'pawl_template';

/** An empty, migrated database of its own. */
export interface TestDatabase {
  /** For `DATABASE_URL`. */
  url: string;
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(`TEMPLATE ${template}`);
}

/** A database without any table, for tests about migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('TEMPLATE template0');
}

async function createDatabase(options: string): Promise<TestDatabase> {
  const clusterUrl = process.env.TEST_POSTGRES_URL;
  if (!clusterUrl) throw new Error("The tests' PostgreSQL is not running: start the tests with npm test");
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await runOnce(clusterUrl, `CREATE DATABASE ${name} ${options}`);
  const database = openDatabase(databaseUrl(clusterUrl, name));
  return {
    ...database,
    drop: async () => {
      await database.drop();
      await runOnce(clusterUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** A database that exists. `drop` closes the connections and leaves the data. */
export function openDatabase(url: string): TestDatabase {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined); // a test may end every connection
  return {
    url,
    query: async <Row extends pg.QueryResultRow>(sql: string, parameters?: unknown[]) =>
      (await pool.query<Row>(sql, parameters)).rows,
    drop: () => pool.end(),
  };
}

/** Has PostgreSQL end the connections of a program to this database, and of no other test's. */
export async function endConnections(database: TestDatabase, applicationName = 'pawl'): Promise<void> {
  await database.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
    [applicationName],
  );
}

function databaseUrl(clusterUrl: string, name: string): string {
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function runOnce(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
