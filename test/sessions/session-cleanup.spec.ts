import pg from 'pg';
import { advisoryLocks } from '../../src/database/advisory-locks.js';
import { SessionCleanup } from '../../src/sessions/session-cleanup.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectStatus, login, register } from '../support/http.js';
import { granted } from './refresh-story.js';

const day = 86_400;

let app: TestApp;
let cleanup: SessionCleanup;
beforeEach(async () => {
  app = await startApp();
  cleanup = app.nest.get(SessionCleanup);
});
afterEach(() => app.close());

it('sessions that ended more than thirty days ago are deleted: idle, expired or revoked; live ones stay', async () => {
  const idle = await register(app);
  const revoked = await login(app, idle.user.email);
  await expectStatus(call(app, 'POST', '/auth/logout', { token: revoked.access_token }), 204);
  let live = await login(app, idle.user.email);
  const exists = async () =>
    Promise.all(
      [idle, revoked, live].map(async ({ session_id }) => {
        const rows = await app.db.query('SELECT FROM sessions WHERE id = $1', [session_id]);
        return rows.length === 1;
      }),
    );

  app.clock.advanceSeconds(29 * day);
  live = await granted(app, live, 'rotate');
  expect(await cleanup.deleteEnded()).toBe(0);
  app.clock.advanceSeconds(2 * day);
  expect(await cleanup.deleteEnded()).toBe(1);
  expect(await exists()).toEqual([true, false, true]);

  app.clock.advanceSeconds(27 * day);
  live = await granted(app, live, 'rotate');
  app.clock.advanceSeconds(3 * day);
  expect(await cleanup.deleteEnded()).toBe(1);
  expect(await exists()).toEqual([false, false, true]);
  live = await granted(app, live, 'rotate');

  // The absolute end, 180 days after the sign-in, for one that never idles.
  for (let i = 0; i < 4; i++) {
    app.clock.advanceSeconds(29 * day);
    live = await granted(app, live, 'rotate');
  }
  app.clock.advanceSeconds(3 * day + 29 * day);
  expect(await cleanup.deleteEnded()).toBe(0);
  app.clock.advanceSeconds(2 * day);
  expect(await cleanup.deleteEnded()).toBe(1);
});

it('it deletes thousands in small batches and misses none', async () => {
  const { user } = await register(app);
  await addOldSessions(user.id, 3500);
  expect(await cleanup.deleteEnded()).toBe(3500);
  expect(await app.db.query('SELECT FROM sessions')).toHaveLength(1);
});

it('it deletes in batches of a thousand, so a refresh never waits long for it', async () => {
  const { user } = await register(app);
  await addOldSessions(user.id, 3500);
  await app.db.query(`
    CREATE TABLE batches (rows integer);
    CREATE FUNCTION count_batch() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO batches SELECT count(*) FROM gone; RETURN NULL; END $$;
    CREATE TRIGGER batch AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION count_batch()`);
  await cleanup.deleteEnded();
  const batches = await app.db.query<{ rows: number }>('SELECT rows FROM batches');
  expect(Math.max(...batches.map(({ rows }) => rows))).toBeLessThanOrEqual(1000);
  expect(batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(3500);
});

it('only one instance at a time does it', async () => {
  const { user } = await register(app);
  await addOldSessions(user.id, 10);
  const other = new pg.Client({ connectionString: app.db.url });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock($1)', [advisoryLocks.sessionCleanup]);
    expect(await cleanup.deleteEnded()).toBe(0);
    await other.query('COMMIT');
    expect(await cleanup.deleteEnded()).toBe(10);
  } finally {
    await other.end();
  }
});

it('instances that start together delete each session once', async () => {
  const { user } = await register(app);
  await addOldSessions(user.id, 2500);
  const second = await startApp({ database: app.db, clock: app.clock });
  try {
    const counts = await Promise.all([cleanup.deleteEnded(), second.nest.get(SessionCleanup).deleteEnded()]);
    expect(counts[0] + counts[1]).toBeLessThanOrEqual(2500);
    await cleanup.deleteEnded();
    expect(await app.db.query('SELECT FROM sessions')).toHaveLength(1);
  } finally {
    await second.close();
  }
});

it('revocations are kept as long as an access token they refuse could live, then deleted', async () => {
  const { access_token } = await register(app);
  await expectStatus(call(app, 'POST', '/auth/logout', { token: access_token }), 204);
  const kept = async () => (await app.db.query('SELECT FROM revocations')).length;
  app.clock.advanceSeconds(20 * 60);
  await cleanup.deleteEnded();
  expect(await kept()).toBe(1);
  app.clock.advanceSeconds(day);
  await cleanup.deleteEnded();
  expect(await kept()).toBe(0);
});

/** Sessions that were revoked a year ago. */
async function addOldSessions(userId: string, count: number): Promise<void> {
  await app.db.query(
    `INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at, created_at, expires_at,
       revoked_at, revoked_reason)
     SELECT $1, gen_random_uuid(), 'pawl', sha256(n::text::bytea), t.old, t.old, t.old, t.old, t.old, t.old, 'logout'
     FROM generate_series(1, $2::int) n, (SELECT now() - interval '1 year' AS old) t`,
    [userId, count],
  );
}
