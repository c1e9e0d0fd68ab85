import pg from 'pg';
import { startTemporaryCluster } from '../../src/database/embedded/temporary-cluster.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, refresh, register } from '../support/http.js';
import { until } from '../support/until.js';
import type { DatabaseWire } from './database-wire.js';
import { openDatabaseWire } from './database-wire.js';
import { granted, pastGraceSeconds, storedSession, tampered } from './refresh-story.js';
import { logStatements, statementsDuring } from './statement-log.js';

let database: TestDatabase;
let wire: DatabaseWire;
let app: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  await logStatements(database);
  wire = await openDatabaseWire(database.url);
  app = await startApp({ database: { ...database, url: wire.url } });
});
afterAll(async () => {
  await app.close();
  await wire.close();
  await database.drop();
});

const wait = () => app.clock.advanceSeconds(pastGraceSeconds);

/** What PostgreSQL logged, and how often the service waited for it. */
async function cost(work: () => Promise<unknown>): Promise<{ statements: string[]; roundTrips: number }> {
  const before = wire.roundTrips();
  let roundTrips = 0;
  const statements = await statementsDuring(database, async () => {
    await work();
    roundTrips = wire.roundTrips() - before;
  });
  return { statements, roundTrips };
}

describe('a refresh that rotates', () => {
  it('is one statement and one round trip, the first time and every time after', async () => {
    let tokens = await register(app);
    for (let i = 0; i < 3; i++) {
      const { statements, roundTrips } = await cost(async () => (tokens = await granted(app, tokens, 'rotate')));
      expect(statements).toEqual([expect.stringMatching(/^UPDATE sessions/)]);
      expect(roundTrips).toBe(1);
      wait();
    }
  });
});

describe('what writes nothing', () => {
  it('hold does not change the row', async () => {
    const tokens = await granted(app, await register(app), 'rotate');
    const before = await storedSession(app, tokens);
    const { statements } = await cost(() => granted(app, tokens, 'hold'));
    expect(await storedSession(app, tokens)).toEqual(before);
    expect(statements).toEqual([expect.stringMatching(/^UPDATE sessions/), expect.stringMatching(/^SELECT/)]);
  });

  it('replay does not change the row', async () => {
    const parent = await register(app);
    await granted(app, parent, 'rotate');
    const before = await storedSession(app, parent);
    const { statements } = await cost(() => granted(app, parent, 'replay'));
    expect(await storedSession(app, parent)).toEqual(before);
    expect(statements).toEqual([expect.stringMatching(/^UPDATE sessions/), expect.stringMatching(/^SELECT/)]);
  });

  it('a refusal other than reuse does not change the row', async () => {
    const tokens = await register(app);
    app.clock.advanceSeconds(31 * 86_400);
    const before = await storedSession(app, tokens);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'refresh_expired');
    expect(await storedSession(app, tokens)).toEqual(before);
  });
});

describe('what costs no query', () => {
  it.each([
    ['a malformed token', () => 'pwl1_'],
    ['an unknown key id', (good: string) => tampered(good, 0)],
    ['a wrong tag', (good: string) => tampered(good, 95)],
    ['a changed secret', (good: string) => tampered(good, 48)],
  ])('%s', async (_, change) => {
    const { refresh_token } = await register(app);
    const spent = await cost(() => expectProblem(refresh(app, change(refresh_token)), 401, 'refresh_invalid'));
    expect(spent).toEqual({ statements: [], roundTrips: 0 });
  });

  it('authenticating a protected request: GET /notes queries the notes and nothing else', async () => {
    const { access_token } = await register(app);
    const list = () => expectStatus(call(app, 'GET', '/notes', { token: access_token }), 200);
    for (const spent of [await cost(list), await cost(list)]) {
      expect(spent.statements).toEqual([expect.stringMatching(/^SELECT .* FROM notes /)]);
      expect(spent.roundTrips).toBe(1);
    }
  });

  it('refusing a protected request', async () => {
    const { access_token, session_id } = await register(app);
    await expectStatus(call(app, 'DELETE', `/auth/sessions/${session_id}`, { token: access_token }), 204);
    const spent = await cost(() =>
      expectProblem(call(app, 'GET', '/notes', { token: access_token }), 401, 'token_revoked'),
    );
    expect(spent).toEqual({ statements: [], roundTrips: 0 });
  });
});

const holderCount = 24;
const rotationsEach = 15;

it('rotations are heap-only updates: at least nine of ten touch no index', async () => {
  // A PostgreSQL of its own: the room of a replaced row is free once no transaction of the whole server can see it.
  const cluster = await startTemporaryCluster();
  const pool = new pg.Pool({ connectionString: cluster.url });
  const count = async (sql: string) => (await pool.query<{ updates: number; heap_only: number }>(sql)).rows;
  const database: TestDatabase = { url: cluster.url, query: () => Promise.resolve([]), drop: () => Promise.resolve() };
  const rotating = await startApp({ database });
  const { clock } = rotating;
  try {
    const holders: Tokens[] = [];
    for (let i = 0; i < holderCount; i++) holders.push(await register(rotating));
    for (let rotation = 0; rotation < rotationsEach; rotation++) {
      // One after the other: while another statement still sees the row that an update replaced, its room is not free yet.
      for (const [index, tokens] of holders.entries()) holders[index] = await granted(rotating, tokens, 'rotate');
      clock.advanceSeconds(pastGraceSeconds);
    }
    // A connection hands in its counts at the latest when it ends.
    await rotating.nest.close();
    const open = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pawl'`;
    await until(async () => (await count(open)).length === 0);

    const [counts] = await count(
      `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS heap_only FROM pg_stat_user_tables WHERE relname = 'sessions'`,
    );
    expect(counts!.updates).toBe(holderCount * rotationsEach);
    expect(counts!.heap_only / counts!.updates).toBeGreaterThanOrEqual(0.9);
  } finally {
    await rotating.close();
    await pool.end();
    await cluster.destroy();
  }
});
