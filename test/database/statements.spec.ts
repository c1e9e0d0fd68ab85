import { once } from 'node:events';
import { Clock } from '../../src/common/clock.js';
import { OperatorError } from '../../src/common/operator-error.js';
import { loadConfig } from '../../src/config/config.js';
import { Prisma } from '../../src/database/generated/client.js';
import { databaseNow } from '../../src/database/now.js';
import { checkPooledSession } from '../../src/database/pooled-session.js';
import { PreparedStatement } from '../../src/database/prepared-statement.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { timeLimits } from '../../src/database/time-limits.js';
import { testSecret } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase, endConnections } from '../support/database.js';

let database: TestDatabase;
const clients: PrismaService[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.$disconnect()));
  await database.drop();
});

/** One connection, so that a session can be asked about itself. */
function connect(settings: NodeJS.ProcessEnv = {}): PrismaService {
  const env = { DATABASE_URL: database.url, DATABASE_POOL_SIZE: '1', AUTH_SECRET: testSecret, ...settings };
  const client = new PrismaService(loadConfig(env), database.url);
  clients.push(client);
  return client;
}

const id = '0190a6b0-0000-7000-8000-000000000000';
const revocationOf = new PreparedStatement<{ userId: string }, { revokedAt: Date; bytes: Uint8Array; words: string[] }>(
  ({ userId }) => Prisma.sql`
    SELECT revoked_at AS "revokedAt", ${Buffer.from('ab')}::bytea AS bytes, ARRAY['a', 'b'] AS words
    FROM revocations WHERE user_id = ${userId}::uuid AND ${1}::int = 1`,
);

const pooled = () => connect({ DATABASE_POOLED: 'on', DATABASE_DIRECT_URL: database.url });
const preparedStatements = (client: PrismaService) =>
  client.$queryRawUnsafe<{ statement: string; uses: bigint }[]>(
    'SELECT statement, generic_plans + custom_plans AS uses FROM pg_prepared_statements ORDER BY prepare_time',
  );

it('a statement is parsed once per connection, and used again by its name', async () => {
  const client = connect();
  for (let i = 0; i < 5; i++) await client.user.findUnique({ where: { email: `${i}@example.com` } });
  const named = (await preparedStatements(client)).filter(({ statement }) => statement.includes('"users"'));
  expect(named).toEqual([{ statement: expect.stringContaining('"email" = $1'), uses: 5n }]);
});

it('a prepared statement is put together once, and each run brings its values', async () => {
  const client = connect();
  const sum = new PreparedStatement<{ a: number; b: number | null }, { sum: number | null }>(
    ({ a, b }) => Prisma.sql`SELECT ${a}::int + ${b}::int + ${100}::int AS sum`,
  );
  const sumOf = async (a: number, b: number | null) => (await client.queryDirect(sum, { a, b }))[0]?.sum;
  expect([await sumOf(1, 2), await sumOf(20, 3), await sumOf(1, null)]).toEqual([103, 123, null]);
  const prepared = (await preparedStatements(client)).filter(({ statement }) => statement.includes('AS sum'));
  expect(prepared).toEqual([{ statement: 'SELECT $1::int + $2::int + $3::int AS sum', uses: 3n }]);
});

it('PostgreSQL describes the columns of a prepared statement once per connection, not with each response', async () => {
  const client = connect();
  let descriptions = 0;
  client.pool.on('connect', ({ connection }) => connection.on('rowDescription', () => descriptions++));
  const words = new PreparedStatement<{ count: number }, { word: string; last: boolean }>(
    ({ count }) => Prisma.sql`
      SELECT 'w' || n AS word, n = ${count}::int AS last FROM generate_series(1, ${count}::int) AS n`,
  );
  const wordsOf = (count: number) => client.queryDirect(words, { count });
  expect(await wordsOf(2)).toEqual([
    { word: 'w1', last: false },
    { word: 'w2', last: true },
  ]);
  expect(await wordsOf(0)).toEqual([]);
  expect(await wordsOf(1)).toEqual([{ word: 'w1', last: true }]);
  expect(descriptions).toBe(1);
  await Promise.all([endConnections(database), once(client.pool, 'error')]);
  expect(await wordsOf(1)).toEqual([{ word: 'w1', last: true }]);
  expect(descriptions).toBe(2);
});

it('a prepared statement runs again after a value was refused, the first time and later', async () => {
  const client = connect();
  const half = new PreparedStatement<{ of: string }, { half: number }>(
    ({ of }) => Prisma.sql`SELECT ${of}::int / 2 AS half`,
  );
  const halfOf = (of: string) => client.queryDirect(half, { of });
  await expect(halfOf('none')).rejects.toThrow('invalid input syntax');
  expect(await halfOf('8')).toEqual([{ half: 4 }]);
  await expect(halfOf('none')).rejects.toThrow('invalid input syntax');
  expect(await halfOf('6')).toEqual([{ half: 3 }]);
  expect((await preparedStatements(client)).filter(({ statement }) => statement.includes('AS half'))).toHaveLength(1);
});

it('a column that changes its type is refused, never read as what it was', async () => {
  const client = connect();
  await database.query('CREATE TABLE things (value int); INSERT INTO things VALUES (1)');
  const things = new PreparedStatement<object, { value: unknown }>(() => Prisma.sql`SELECT value FROM things`);
  expect(await client.queryDirect(things, {})).toEqual([{ value: 1 }]);
  await database.query('ALTER TABLE things ALTER value TYPE text');
  await expect(client.queryDirect(things, {})).rejects.toThrow('cached plan must not change result type');
  // The pool has closed that connection.
  expect(await client.queryDirect(things, {})).toEqual([{ value: '1' }]);
});

it('the number of named statements is bounded', async () => {
  const client = connect();
  for (let i = 0; i < 600; i++) await client.$queryRawUnsafe(`SELECT ${i}`);
  expect(await preparedStatements(client)).toHaveLength(500);
});

it('timeouts are set on the PostgreSQL session', async () => {
  expect(
    await connect({ REFRESH_GRACE: '6s' }).$queryRaw`
      SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
        current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name`,
  ).toEqual([{ statement: '2s', lock: '1s', idle: '2s', name: 'pawl' }]);
});

it('behind a pooler there are neither start-up parameters nor statement names', async () => {
  const client = pooled();
  await client.user.count();
  await client.queryDirect(revocationOf, { userId: id });
  expect(await preparedStatements(client)).toEqual([]);
  expect(await client.$queryRaw`SELECT current_setting('statement_timeout') AS statement`).toEqual([
    { statement: '0' },
  ]);
});

describe('in a database with another time zone and date style', () => {
  beforeEach(async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET timezone = 'America/New_York'`);
    await database.query(`ALTER DATABASE ${name} SET datestyle = 'SQL, DMY'`);
  });

  it('an instant is read as it was written', async () => {
    const client = connect();
    const revokedAt = new Date('2026-07-01T12:34:56.789Z');
    await client.revocation.create({ data: { userId: id, minEpoch: 1, revokedAt } });
    expect(await client.revocation.findFirst({ select: { revokedAt: true } })).toEqual({ revokedAt });
    expect(await client.$queryRaw`SELECT revoked_at FROM revocations`).toEqual([{ revoked_at: revokedAt }]);
    const row = { revokedAt, bytes: Buffer.from('ab'), words: ['a', 'b'] };
    expect(await client.queryDirect(revocationOf, { userId: id })).toEqual([row]);
  });

  it('the start behind a pooler says what to do', async () => {
    await expect(checkPooledSession(database.url, timeLimits(30))).rejects.toThrow(`SET timezone = 'UTC'`);
  });
});

it('behind a pooler a database without timeouts stops the start, and following the message is enough', async () => {
  const check = () => checkPooledSession(database.url, timeLimits(6));
  const failure = await check().catch((error: unknown) => error as Error);
  expect(failure).toBeInstanceOf(OperatorError);
  const statements = (failure as Error).message.split('\n').slice(1);
  expect(statements).toHaveLength(3);
  for (const statement of statements) await database.query(statement);
  await expect(check()).resolves.toBeUndefined();
});

it("the time in SQL is the database's plus the offset that tests set", async () => {
  const client = connect();
  const clock = new Clock();
  const shiftSeconds = async () => {
    const [row] = await client.$queryRaw<{ shift: number }[]>`
      SELECT extract(epoch FROM ${databaseNow(clock)} - now())::float8 AS shift`;
    return row?.shift;
  };
  expect(await shiftSeconds()).toBe(0);
  clock.advanceSeconds(3600.25);
  expect(await shiftSeconds()).toBe(3600.25);
  const shifts = (await preparedStatements(client)).filter(({ statement }) => statement.includes('AS shift'));
  expect(shifts).toEqual([{ statement: expect.any(String), uses: 2n }]);
});
