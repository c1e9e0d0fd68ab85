import { mkdtemp } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createApp } from '../../src/app.setup.js';
import { Clock } from '../../src/common/clock.js';
import { OperatorError } from '../../src/common/operator-error.js';
import { loadConfig } from '../../src/config/config.js';
import { migrate } from '../../src/database/migrations/migrate.js';
import { startApp, testSecret } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectStatus, login, refresh, register } from '../support/http.js';

const silent = { log: () => undefined, warn: () => undefined };
const databases: TestDatabase[] = [];
afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
});

/** A database without tables. */
async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  await database.query('DROP SCHEMA public CASCADE');
  await database.query('CREATE SCHEMA public');
  return database;
}

const withQuery = (url: string, query: string) => `${url}${url.includes('?') ? '&' : '?'}${query}`;

/** Starts a service, uses it, and starts another one on the same database. */
async function useTwice(database: TestDatabase, url = database.url): Promise<void> {
  for (let start = 0; start < 2; start++) {
    const app = await startApp({ database, env: { DATABASE_URL: url } });
    const { user, refresh_token: token } = await register(app);
    expect((await refresh(app, token)).status).toBe(200);
    await login(app, user.email);
    await app.close();
  }
}

const tablesIn = async (database: TestDatabase, schema: string) =>
  (await database.query('SELECT FROM information_schema.tables WHERE table_schema = $1', [schema])).length;

it.each(['SQL, DMY', 'German', 'Postgres, MDY'])(
  'a database with DateStyle %s starts more than once',
  async (style) => {
    const database = await emptyDatabase();
    await database.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET datestyle = ''${style}''', current_database()); END $$`,
    );
    await database.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Seoul''', current_database()); END $$`,
    );
    await useTwice(database);
  },
);

it.each(['schema=auth', 'options=-c%20search_path%3Dauth'])(
  'all tables are in the schema of the URL (%s)',
  async (query) => {
    const database = await emptyDatabase();
    await useTwice(database, withQuery(database.url, query));
    expect(await tablesIn(database, 'auth')).toBeGreaterThan(10);
    expect(await tablesIn(database, 'public')).toBe(0);
  },
);

it('a schema that is named like the role changes nothing', async () => {
  const database = await emptyDatabase();
  const [{ role }] = (await database.query<{ role: string }>('SELECT current_user AS role')) as [{ role: string }];
  await database.query(`CREATE SCHEMA "${role}"`);
  await useTwice(database);
  expect(await tablesIn(database, role)).toBe(0);
  expect(await tablesIn(database, 'public')).toBeGreaterThan(10);
});

it('two URLs with different schemas are refused in one sentence', async () => {
  const { url } = await emptyDatabase();
  const env = { AUTH_SECRET: testSecret, DATABASE_URL: withQuery(url, 'schema=auth'), DATABASE_DIRECT_URL: url };
  const start = createApp(loadConfig({ ...env, NODE_ENV: 'test', LOG_LEVEL: 'silent' }), { clock: new Clock() });
  await expect(start).rejects.toThrow(/^DATABASE_URL names the schema auth, and DATABASE_DIRECT_URL names public: /);
});

it('a URL without a host that names a unix socket works', async () => {
  const database = await emptyDatabase();
  const { hostname, port, username, password, pathname } = new URL(database.url);
  const folder = await mkdtemp(join(tmpdir(), 'pawl-socket-'));
  // The test server listens on TCP only.
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    socket.pipe(upstream).pipe(socket);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(join(folder, '.s.PGSQL.5432'), resolve));
  try {
    await useTwice(database, `postgresql://${username}:${password}@${pathname}?host=${folder}`);
  } finally {
    server.close();
  }
});

describe('a database with settings of its own', () => {
  const set = (database: TestDatabase, name: string, value: string) =>
    database.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${name} = %L', current_database(), '${value}'); END $$`,
    );

  it('that isolates transactions more lets requests race as everywhere', async () => {
    const database = await emptyDatabase();
    await set(database, 'default_transaction_isolation', 'serializable');
    const app = await startApp({ database, env: { DATABASE_URL: database.url } });
    const { refresh_token: token } = await register(app);
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await refresh(app, token)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    await app.close();
  });

  it.each(['idle_session_timeout', 'idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout'])(
    'that ends sessions by %s starts more than once, and Pawl keeps its own time limits',
    async (name) => {
      const database = await emptyDatabase();
      await set(database, name, '1ms');
      await useTwice(database);
    },
  );

  it('that takes no writes stops the start with one sentence', async () => {
    const database = await emptyDatabase();
    await set(database, 'default_transaction_read_only', 'on');
    const failure = await migrate(database.url, silent).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OperatorError);
    expect((failure as Error).message).toMatch(/^The database takes no writes: .+set that to off\.$/);
  });
});

describe('a role without CREATE', () => {
  const role = 'pawl_without_create';

  /** The database's URL for the role. */
  async function urlOfRole(database: TestDatabase): Promise<string> {
    await database.query(`DROP ROLE IF EXISTS ${role}`);
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    return Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
  }

  it('on the schema gets the statement that gives it', async () => {
    const database = await emptyDatabase();
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    const url = await urlOfRole(database);
    await database.query(`GRANT USAGE ON SCHEMA public TO ${role}`);
    const failure = await migrate(url, silent).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OperatorError);
    const [, statement] = /owner of the database: (.+;)$/.exec((failure as Error).message)!;
    await database.query(statement!);
    await expect(migrate(url, silent)).resolves.toBeDefined();
    await database.query(`DROP OWNED BY ${role}`);
    await database.query(`DROP ROLE ${role}`);
  });

  it('on the database gets the statement that creates its schema', async () => {
    const database = await emptyDatabase();
    const url = withQuery(await urlOfRole(database), 'schema=auth');
    const failure = await migrate(url, silent).catch((error: unknown) => error);
    const [, statement] = /owner of the database: (.+;)$/.exec((failure as Error).message)!;
    await database.query(statement!);
    await expect(migrate(url, silent)).resolves.toBeDefined();
    await database.query(`DROP OWNED BY ${role} CASCADE`);
    await database.query(`DROP ROLE ${role}`);
  });
});

it('the tables can be read by other sessions, too', async () => {
  const database = await emptyDatabase();
  const app = await startApp({ database });
  await register(app);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  expect((await client.query('SELECT FROM public.users')).rowCount).toBe(1);
  await client.end();
  await expectStatus(call(app, 'GET', '/health/ready'), 200);
  await app.close();
});
