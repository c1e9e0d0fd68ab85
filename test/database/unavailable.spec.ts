import { Logger } from '@nestjs/common';
import pg from 'pg';
import { newId } from '../../src/common/ids.js';
import { loadConfig } from '../../src/config/config.js';
import { Prisma } from '../../src/database/generated/client.js';
import { PreparedStatement } from '../../src/database/prepared-statement.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { isDatabaseUnavailable, isUniqueViolation } from '../../src/database/unavailable.js';
import { testSecret } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase, endConnections } from '../support/database.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { startEndingServer } from './ending-server.js';

let database: TestDatabase;
let proxy: TcpProxy;
let prisma: PrismaService;

/** Time limits of 750 ms for a connection, 500 for a lock and 1000 for a statement. */
function connect(url: string): PrismaService {
  const settings = { DATABASE_URL: url, AUTH_SECRET: testSecret, REFRESH_GRACE: '3s', DATABASE_POOL_SIZE: '2' };
  return new PrismaService(loadConfig(settings), url);
}

const oneDividedBy = new PreparedStatement<{ divisor: number }, { quotient: number }>(
  ({ divisor }) => Prisma.sql`SELECT 1 / ${divisor}::int AS quotient FROM pg_sleep(0)`,
);
const rename = new PreparedStatement<{ name: string }, object>(
  ({ name }) => Prisma.sql`UPDATE users SET name = ${name}`,
);
const user = (email: string) => ({ id: newId(), email, role: 'user', passwordHash: '-', createdAt: new Date() });
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const connectionsThat = async (state: string, sql = '') => {
  const rows = await database.query(
    `SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'pawl' AND state = $1 AND query LIKE $2`,
    [state, `%${sql}%`],
  );
  return rows.length;
};
const untilRunning = (sql: string) => until(async () => (await connectionsThat('active', sql)) > 0);
const openTransactions = () => connectionsThat('idle in transaction');

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
  prisma = connect(proxy.url);
  // Past the time limits of `prisma`, which a busy machine may not keep.
  await database.query(
    `INSERT INTO users (id, email, role, password_hash, created_at) VALUES ($1, 'ada@example.com', 'user', '-', now())`,
    [newId()],
  );
});
afterEach(async () => {
  await prisma.$disconnect();
  await proxy.close();
  await database.drop();
});

describe('is unavailable, and works again by itself', () => {
  afterEach(async () => {
    await proxy.resume();
    // A busy machine may need more than the 750 ms for a connection.
    await until(async () => (await prisma.user.count().catch(() => undefined)) === 1);
  });

  const operations = {
    'a model call': (client: PrismaService) => client.user.count(),
    'a raw statement': (client: PrismaService) => client.$queryRaw`SELECT 1`,
    'a prepared statement': (client: PrismaService) => client.queryDirect(oneDividedBy, { divisor: 1 }),
    'a batch': (client: PrismaService) => client.$transaction([client.user.count(), client.note.count()]),
    'a transaction': (client: PrismaService) => client.$transaction((transaction) => transaction.user.count()),
  };
  const names = Object.keys(operations) as (keyof typeof operations)[];

  it.each(names)('%s, when connections are refused', async (name) => {
    await proxy.cut();
    expect(isDatabaseUnavailable(await failureOf(operations[name](prisma)))).toBe(true);
  });

  it.each(names)('%s, when the server hangs', async (name) => {
    proxy.freeze();
    expect(isDatabaseUnavailable(await failureOf(operations[name](prisma)))).toBe(true);
    await proxy.cut();
  });

  it('when the connection breaks in the middle of a statement', async () => {
    const failure = failureOf(prisma.$queryRaw`SELECT 1 FROM pg_sleep(600)`);
    await untilRunning('pg_sleep');
    await proxy.cut();
    expect(isDatabaseUnavailable(await failure)).toBe(true);
  });

  it('when the server ends the connection in the middle of a statement', async () => {
    const failure = failureOf(prisma.$queryRaw`SELECT 1 FROM pg_sleep(600)`);
    await untilRunning('pg_sleep');
    await endConnections(database);
    expect(isDatabaseUnavailable(await failure)).toBe(true);
  });

  it.each(names)(
    '%s, when the server ends the connection in the moment it opens (such an error once ended the process)',
    async (name) => {
      const ending = await startEndingServer(database.url);
      const client = connect(ending.url);
      expect(isDatabaseUnavailable(await failureOf(operations[name](client)))).toBe(true);
      await client.$disconnect();
      await ending.close();
    },
  );

  it('when a transaction loses its connection', async () => {
    const failure = failureOf(
      prisma.$transaction(async (transaction) => {
        await transaction.user.count();
        await proxy.cut();
        await transaction.user.count();
      }),
    );
    expect(isDatabaseUnavailable(await failure)).toBe(true);
  });

  it.each(['53100', '58030'])('when PostgreSQL reports that its disk is full or fails (%s)', async (state) => {
    const failure = failureOf(prisma.$executeRawUnsafe(`DO $$ BEGIN RAISE SQLSTATE '${state}'; END $$`));
    expect(isDatabaseUnavailable(await failure)).toBe(true);
  });

  it('when a statement takes too long', async () => {
    expect(isDatabaseUnavailable(await failureOf(prisma.$queryRaw`SELECT 1 FROM pg_sleep(600)`))).toBe(true);
  });

  it('when a transaction takes too long', async () => {
    const failure = failureOf(
      prisma.$transaction(async (transaction) => {
        await transaction.user.count();
        await until(async () => (await openTransactions()) === 0);
        await transaction.user.count();
      }),
    );
    expect(isDatabaseUnavailable(await failure)).toBe(true);
  });

  it('when a row stays locked', async () => {
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM users FOR UPDATE');
    const failures = await Promise.all([
      failureOf(prisma.user.updateMany({ data: { name: 'waits' } })),
      failureOf(prisma.queryDirect(rename, { name: 'waits' })),
    ]);
    expect(failures.map(isDatabaseUnavailable)).toEqual([true, true]);
    await holder.end();
  });

  it('when every connection of the pool is busy', async () => {
    const busy = [await prisma.pool.connect(), await prisma.pool.connect()];
    const failures = [prisma.user.count(), prisma.queryDirect(oneDividedBy, { divisor: 1 })].map(failureOf);
    expect((await Promise.all(failures)).map(isDatabaseUnavailable)).toEqual([true, true]);
    for (const connection of busy) connection.release();
  });

  it('when a failover has left a server that takes no writes', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const reader = connect(database.url);
    expect(isDatabaseUnavailable(await failureOf(reader.user.create({ data: user('bob@example.com') })))).toBe(true);
    expect(isDatabaseUnavailable(await failureOf(reader.queryDirect(rename, { name: 'Bob' })))).toBe(true);
    await reader.$disconnect();
  });

  it('when the server has no connection to give', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`CREATE ROLE "${name}" LOGIN PASSWORD 'secret' CONNECTION LIMIT 0`);
    const crowded = new URL(database.url);
    [crowded.username, crowded.password] = [name, 'secret'];
    const client = connect(crowded.href);
    expect(isDatabaseUnavailable(await failureOf(client.user.count()))).toBe(true);
    expect(isDatabaseUnavailable(await failureOf(client.queryDirect(oneDividedBy, { divisor: 1 })))).toBe(true);
    await client.$disconnect();
    crowded.password = 'another';
    const stranger = connect(crowded.href);
    expect(isDatabaseUnavailable(await failureOf(stranger.queryDirect(oneDividedBy, { divisor: 1 })))).toBe(true);
    await stranger.$disconnect();
    await database.query(`DROP ROLE "${name}"`);
  });
});

it('an idle connection that breaks ends nothing, also before the first statement through Prisma', async () => {
  const run = () => prisma.queryDirect(oneDividedBy, { divisor: 1 });
  await until(async () => (await run().catch(() => [])).length === 1);
  await endConnections(database);
  await until(() => prisma.pool.totalCount === 0);
  await until(async () => (await run().catch(() => [])).length === 1);
});

it('a statement that PostgreSQL rejected does not mean that the database is unavailable', async () => {
  const taken = await failureOf(prisma.user.create({ data: user('ada@example.com') }));
  const wrong = await failureOf(prisma.$queryRaw`SELECT 1 / 0`);
  const prepared = await failureOf(prisma.queryDirect(oneDividedBy, { divisor: 0 }));
  expect(prepared).toMatchObject({ name: 'StatementError', code: '22012' });
  for (const failure of [
    taken,
    wrong,
    prepared,
    new Error('other'),
    Object.assign(new Error('mail'), { code: 'ECONNREFUSED' }),
    undefined,
  ]) {
    expect(isDatabaseUnavailable(failure)).toBe(false);
  }
});

it('a unique violation is recognised by the name of its constraint, in model calls and raw statements', async () => {
  const fromModel = await failureOf(prisma.user.create({ data: user('ada@example.com') }));
  const fromRaw = await failureOf(prisma.$executeRaw`INSERT INTO users SELECT * FROM users`);
  expect(isUniqueViolation(fromModel, 'users_email_key')).toBe(true);
  expect(isUniqueViolation(fromModel, 'users_pkey')).toBe(false);
  expect(isUniqueViolation(fromRaw, 'users_pkey')).toBe(true);
  expect(isUniqueViolation(new Error('other'), 'users_pkey')).toBe(false);
});
