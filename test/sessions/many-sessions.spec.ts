import { SessionCleanup } from '../../src/sessions/session-cleanup.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  register,
  registerConfirmed,
} from '../support/http.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';

/** More than one statement deletes. */
const many = 12_000;
const keptEnded = 100;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Sessions that ended lately, as an attacker who knows the password leaves them behind. */
async function addEnded(
  userId: string,
  count: number,
  how: 'revoked' | 'expired',
  db: TestDatabase = app.db,
): Promise<void> {
  await db.query(
    `INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at, created_at, expires_at,
       revoked_at, revoked_reason)
     SELECT $1, gen_random_uuid(), 'pawl', sha256(n::text::bytea), now(), now(), now(), now(),
       CASE WHEN $3 THEN now() + interval '1 day' ELSE now() - interval '2 hours' END,
       CASE WHEN $3 THEN now() - n * interval '1 second' END, CASE WHEN $3 THEN 'limit' END
     FROM generate_series(1, $2::int) n`,
    [userId, count, how === 'revoked'],
  );
}

/** Live sessions of `count` other users, as many as a service has. */
async function addLiveOfOthers(count: number, db: TestDatabase): Promise<void> {
  await db.query(
    `WITH others AS (
       INSERT INTO users (id, email, role, password_hash, created_at)
       SELECT gen_random_uuid(), 'other-' || n || '@example.com', 'user', '!', now() FROM generate_series(1, $1::int) n
       RETURNING id)
     INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at, created_at, expires_at)
     SELECT id, gen_random_uuid(), 'pawl', sha256(id::text::bytea), now(), now(), now(), now(), now() + interval '90 days'
     FROM others`,
    [count],
  );
}

const rowsOf = async (userId: string, db: TestDatabase = app.db) =>
  (await db.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = $1', [userId])).map(({ id }) => id);

describe('ended sessions that an attacker piles up', () => {
  let own: TestApp;
  let cleanup: SessionCleanup;
  beforeEach(async () => {
    own = await startAppForTest();
    cleanup = own.nest.get(SessionCleanup);
  });

  it.each(['revoked', 'expired'] as const)('are deleted by the clean-up but for a hundred: %s', async (how) => {
    const { user, session_id } = await register(own);
    await addEnded(user.id, 3000, how, own.db);
    const added: string[] = [];
    for (let i = 0; i < 3; i++) added.push((await login(own, user.email)).session_id);
    const first = await cleanup.deleteEnded();
    expect(first).toBeGreaterThanOrEqual(2600);
    while ((await cleanup.deleteEnded()) > 0);
    const left = await rowsOf(user.id, own.db);
    expect(left).toHaveLength(1 + added.length + keptEnded);
    expect(left).toEqual(expect.arrayContaining([session_id, ...added]));
  });

  it('are deleted oldest first', async () => {
    const { user } = await register(own);
    await addEnded(user.id, 150, 'revoked', own.db);
    await cleanup.deleteEnded();
    const [oldest] = await own.db.query<{ age: number }>(
      'SELECT extract(epoch FROM now() - min(revoked_at))::float8 AS age FROM sessions WHERE user_id = $1',
      [user.id],
    );
    expect(oldest!.age).toBeLessThan(149);
  });

  it('of another user stay', async () => {
    const [piled, other] = [await register(own), await register(own)];
    await addEnded(piled.user.id, 150, 'revoked', own.db);
    await addEnded(other.user.id, 90, 'revoked', own.db);
    expect(await cleanup.deleteEnded()).toBe(50);
    expect(await rowsOf(other.user.id, own.db)).toHaveLength(91);
  });
});

describe.each(['revoked', 'expired'] as const)('for a user with very many ended sessions: %s,', (how) => {
  // PostgreSQL may make a plan for any user at the sixth use of a statement.
  it.each(['force_generic_plan', 'force_custom_plan'])(
    'a sign-in, the list and logout everywhere read few rows: %s',
    async (mode) => {
      const database = await createDatabaseForTest();
      const name = new URL(database.url).pathname.slice(1);
      await database.query(`ALTER DATABASE ${name} SET plan_cache_mode = ${mode}`);
      const own = await startAppForTest({ database });
      const { user } = await registerConfirmed(own);
      await addEnded(user.id, many, how, database);
      await addLiveOfOthers(many, database);
      await database.query('ANALYZE sessions');
      await database.query('SELECT pg_stat_reset()');
      const { access_token: token } = await login(own, user.email);
      const { sessions } = await expectStatus(call(own, 'GET', '/auth/sessions', { token }), 200);
      expect(sessions).toHaveLength(2);
      await expectStatus(call(own, 'POST', '/auth/logout-all', { token }), 204);
      await own.close();
      // A connection hands in its counts at the latest when it ends.
      const open = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pawl'`;
      await until(async () => (await database.query(open)).length === 0);
      const [{ read } = { read: 0 }] = await database.query<{ read: number }>(
        `SELECT (idx_tup_fetch + seq_tup_read)::int AS read FROM pg_stat_user_tables WHERE relname = 'sessions'`,
      );
      expect(read).toBeGreaterThan(0);
      expect(read).toBeLessThan(many / 3);
    },
  );

  it('the limit of live sessions holds while sign-ins race, and a sign-in ends no more than that', async () => {
    const own = await startAppForTest({ env: { MAX_SESSIONS_PER_USER: '3' } });
    const { user } = await register(own);
    await addEnded(user.id, 2000, how, own.db);
    const started = await Promise.all(Array.from({ length: 6 }, () => login(own, user.email)));
    const live = async () => {
      const answers = await Promise.all(
        started.map(({ access_token: token }) => call(own, 'GET', '/auth/sessions', { token })),
      );
      return answers.filter(({ status }) => status === 200);
    };
    expect(await live()).toHaveLength(3);
    expect((await live())[0]!.body.sessions).toHaveLength(3);
    const { access_token: token } = await login(own, user.email);
    expect(await live()).toHaveLength(2);
    expect(await rowsOf(user.id, own.db)).toHaveLength(2000 + 1 + started.length + 1);
    await expectStatus(call(own, 'POST', '/auth/logout-all', { token }), 204);
    expect(await live()).toHaveLength(0);
  });
});

it('logout everywhere ends more sessions than one statement does', async () => {
  const own = await startAppForTest();
  const { user, access_token: token } = await register(own);
  await own.db.query(
    `INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at, created_at, expires_at)
     SELECT $1, gen_random_uuid(), 'pawl', sha256(n::text::bytea), now(), now(), now(), now(), now() + interval '90 days'
     FROM generate_series(1, $2::int) n`,
    [user.id, many],
  );
  await expectStatus(call(own, 'POST', '/auth/logout-all', { token }), 204);
  expect(await own.db.query('SELECT FROM sessions WHERE revoked_at IS NULL')).toEqual([]);
});

describe('a query about live sessions', () => {
  it.each([
    ['of a user', `user_id = '00000000-0000-7000-8000-000000000000'`, 'sessions_live_idx'],
    ['of a client', `client_id = 'some-client'`, 'sessions_live_client_id_idx'],
  ])('%s reads an index that has no ended session in it', async (_, condition, index) => {
    const { user } = await register(app);
    await addEnded(user.id, 5000, 'revoked');
    await app.db.query('ANALYZE sessions');
    const plan = await app.db.query(`EXPLAIN SELECT id FROM sessions WHERE ${condition} AND revoked_at IS NULL`);
    expect(JSON.stringify(plan)).toContain(index);
  });
});

describe('a user with very many', () => {
  /** As a version without a limit left them behind. */
  async function addNotes(userId: string, count: number): Promise<void> {
    await app.db.query(
      `INSERT INTO notes (user_id, id, title, body, created_at, updated_at)
       SELECT $1, gen_random_uuid(), 'Note', 'x', now(), now() FROM generate_series(1, $2::int)`,
      [userId, count],
    );
  }

  /** How many rows each statement deletes from then on. */
  async function countBatches(table: string): Promise<() => Promise<number[]>> {
    await app.db.query(`
      DROP TABLE IF EXISTS batches;
      CREATE TABLE batches (rows integer);
      CREATE OR REPLACE FUNCTION count_batch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO batches SELECT count(*) FROM gone; RETURN NULL; END $$;
      DROP TRIGGER IF EXISTS batch ON sessions;
      DROP TRIGGER IF EXISTS batch ON notes;
      CREATE TRIGGER batch AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION count_batch()`);
    return async () => (await app.db.query<{ rows: number }>('SELECT rows FROM batches')).map(({ rows }) => rows);
  }

  const byAdmin = async () => {
    const { user } = await register(app);
    const { access_token: token } = await makeAdmin(app);
    return { id: user.id, remove: () => expectStatus(call(app, 'DELETE', `/users/${user.id}`, { token }), 204) };
  };
  const byThemselves = async () => {
    const { user, access_token: token } = await register(app);
    const body = { password: goodPassword };
    return { id: user.id, remove: () => expectStatus(call(app, 'POST', '/auth/me/delete', { token, body }), 204) };
  };

  it.each([
    ['sessions', 'an admin', byAdmin],
    ['sessions', 'the user', byThemselves],
    ['notes', 'an admin', byAdmin],
    ['notes', 'the user', byThemselves],
  ] as const)('%s can be deleted by %s, and no statement deletes them all', async (table, _, setUp) => {
    const { id, remove } = await setUp();
    if (table === 'sessions') await addEnded(id, many, 'revoked');
    else await addNotes(id, many);
    const batches = await countBatches(table);
    await remove();
    const rows = await batches();
    expect(Math.max(...rows)).toBeLessThanOrEqual(5000);
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(table === 'sessions' ? many + 1 : many);
    expect(await app.db.query(`SELECT FROM ${table} WHERE user_id = $1`, [id])).toEqual([]);
  });

  it('notes keeps all of them if the deletion is refused', async () => {
    const { user, access_token: token } = await makeAdmin(app);
    await app.db.query(`UPDATE users SET disabled = true WHERE role = 'admin' AND id <> $1`, [user.id]);
    await addNotes(user.id, many);
    await expectProblem(
      call(app, 'POST', '/auth/me/delete', { token, body: { password: goodPassword } }),
      409,
      'last_admin',
    );
    expect(await app.db.query('SELECT FROM notes WHERE user_id = $1', [user.id])).toHaveLength(many);
  });
});
