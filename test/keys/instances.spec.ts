import pg from 'pg';
import { Clock } from '../../src/common/clock.js';
import { advisoryLocks } from '../../src/database/advisory-locks.js';
import type { StartOptions, TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectStatus, register } from '../support/http.js';
import { until } from '../support/until.js';
import {
  currentKid,
  daySeconds,
  fallAsleep,
  hourSeconds,
  keyRows,
  kidOf,
  lookAfterKeys,
  publishedKids,
} from './key-story.js';

const me = (app: TestApp, token: string) => call(app, 'GET', '/auth/me', { token });

describe('several instances', () => {
  let db: TestDatabase;
  let clock: Clock;
  let running: TestApp[];
  beforeEach(async () => {
    db = await createTestDatabase();
    clock = new Clock();
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((app) => app.close()));
    await db.drop();
  });

  async function instance(options: StartOptions = {}): Promise<TestApp> {
    const app = await startApp({ database: db, clock, ...options });
    running.push(app);
    return app;
  }

  async function rotate(app: TestApp): Promise<void> {
    clock.advanceSeconds(30 * daySeconds + hourSeconds);
    await lookAfterKeys(app);
  }

  it('ten of them agree: one makes each key, and all sign with it', async () => {
    const apps: TestApp[] = [];
    for (let i = 0; i < 10; i++) apps.push(await instance());
    for (let rotation = 0; rotation < 3; rotation++) {
      const next = (await keyRows({ db })).at(-1)!.kid;
      clock.advanceSeconds(30 * daySeconds);
      const { access_token: token } = await register(apps[rotation]!);
      await Promise.all(apps.map(lookAfterKeys));
      // Retired, current and next.
      expect(await keyRows({ db })).toHaveLength(3);
      expect(new Set([kidOf(token), ...apps.map(currentKid)])).toEqual(new Set([next]));
      for (const app of apps) await expectStatus(me(app, token), 200);
    }
  });

  it('an instance with nothing to change does not wait for the lock at its start', async () => {
    const first = await instance();
    const holder = new pg.Client({ connectionString: db.url });
    await holder.connect();
    try {
      await holder.query('SELECT pg_advisory_lock($1)', [advisoryLocks.signingKeys]);
      const second = await instance();
      expect(currentKid(second)).toBe(currentKid(first));
    } finally {
      await holder.end();
    }
  });

  it('one creates the next key, and the others are notified and publish it at once', async () => {
    const one = await instance();
    const other = await instance();
    const before = await publishedKids(other);
    clock.advanceSeconds(30 * daySeconds);
    await lookAfterKeys(one);
    const [, , made] = (await keyRows({ db })).map((row) => row.kid);
    expect(before).not.toContain(made);
    await until(async () => (await publishedKids(other)).includes(made!));
  });

  it('one that slept through rotations catches up before it refuses a token', async () => {
    const awake = await instance();
    const asleep = await instance();
    await fallAsleep(asleep);
    await rotate(awake);
    await rotate(awake);
    const { access_token: token } = await register(awake);
    expect(await publishedKids(asleep)).not.toContain(kidOf(token));
    await expectStatus(me(asleep, token), 200);
  });

  it('one that missed rotations ends the session that a token under a new key names', async () => {
    const awake = await instance();
    const asleep = await instance();
    await fallAsleep(asleep);
    await rotate(awake);
    await rotate(awake);
    const { access_token: token } = await register(awake);
    await expectStatus(call(asleep, 'POST', '/auth/logout', { token }), 204);
    await until(async () => (await me(awake, token)).body.code === 'token_revoked');
  });

  it('each asks the database at most once a second, however many tokens with unknown keys arrive', async () => {
    const app = await instance();
    await fallAsleep(app);
    const { access_token: token } = await register(app);
    const [, payload, signature] = token.split('.');
    const forged = Array.from({ length: 200 }, (_, i) => {
      const header = { alg: 'ES256', typ: 'at+jwt', kid: `nobody-${i}` };
      return [Buffer.from(JSON.stringify(header)).toString('base64url'), payload, signature].join('.');
    });
    const readsBefore = await readsOfKeys(db);
    const startedAtMs = performance.now();
    const answers = await Promise.all(forged.map((one) => me(app, one)));
    const seconds = (performance.now() - startedAtMs) / 1000;
    expect(answers.filter(({ body }) => body.code === 'token_invalid')).toHaveLength(200);
    expect((await readsOfKeys(db)) - readsBefore).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });
});

/** How often the table was scanned. PostgreSQL counts it once the connections that scanned are closed or idle. */
async function readsOfKeys(db: TestDatabase): Promise<number> {
  await db.query(`SELECT pg_stat_force_next_flush()`);
  await db.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'pawl'`);
  const [row] = await db.query<{ scans: string }>(
    `SELECT seq_scan + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables WHERE relname = 'signing_keys'`,
  );
  return Number(row!.scans);
}
