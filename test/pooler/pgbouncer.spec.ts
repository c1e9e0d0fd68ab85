import pg from 'pg';
import { runPawl } from '../keys/command.js';
import { currentKid, keyRows, kidOf, lookAfterKeys, publishedKids, revokeKey } from '../keys/key-story.js';
import { codeOf, granted, pastGraceSeconds, tokensOf, verdictOf } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, login, makeAdmin, refresh, register } from '../support/http.js';
import { until } from '../support/until.js';
import type { PgBouncer } from './pgbouncer.js';
import { startPgBouncer } from './pgbouncer.js';

const width = 50;

/** Prepares the database for a pooler as docs/deployment.md says. */
async function prepare(db: TestDatabase, settings: Record<string, string>): Promise<void> {
  const name = new URL(db.url).pathname.slice(1);
  for (const [setting, value] of Object.entries(settings)) {
    await db.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  }
}
const documentedLimits = { statement_timeout: '5s', lock_timeout: '2500ms', idle_in_transaction_session_timeout: '5s' };

const pooledSettings = (db: TestDatabase, bouncer: PgBouncer) => ({
  DATABASE_URL: bouncer.url,
  DATABASE_POOLED: 'true',
  DATABASE_DIRECT_URL: db.url,
});

const notes = (app: TestApp, token: string) => call(app, 'GET', '/notes', { token });
const logout = (app: TestApp, token: string) => expectStatus(call(app, 'POST', '/auth/logout', { token }), 204);

describe('two instances behind pgbouncer in transaction mode', () => {
  let db: TestDatabase;
  let bouncer: PgBouncer;
  let one: TestApp;
  let two: TestApp;

  beforeAll(async () => {
    db = await createTestDatabase();
    await prepare(db, documentedLimits);
    bouncer = await startPgBouncer(db.url);
    const env = pooledSettings(db, bouncer);
    one = await startApp({ database: db, env });
    two = await startApp({ database: db, env, clock: one.clock });
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await bouncer.destroy();
    await db.drop();
  });

  const eachOf = <T>(count: number, work: (app: TestApp, index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => work(index % 2 === 0 ? one : two, index)));

  it('every statement goes through the pooler, and only the listener bypasses it', async () => {
    await register(one);
    const connected = await db.query<{ application_name: string; named: boolean }>(
      `SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND application_name LIKE 'pawl%' ORDER BY 1`,
    );
    expect(connected.map((row) => row.application_name)).toEqual(['pawl', 'pawl listener']);
    const [pooled] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pawl'`,
    );
    // default_pool_size: each of the two instances would take ten by itself.
    expect(pooled!.count).toBeLessThanOrEqual(4);
  });

  it('many users register, sign in and use their data at once', async () => {
    const people = await eachOf(width, (app) => register(app));
    await eachOf(width, async (app, index) => {
      const { user } = people[index]!;
      const { access_token: token } = await login(app, user.email);
      const body = { title: `Note ${index}` };
      const { id } = (await expectStatus(call(app, 'POST', '/notes', { token, body }), 201)) as { id: string };
      const { notes: listed } = await expectStatus(notes(app, token), 200);
      expect(listed.map((note: { id: string; user_id: string }) => [note.id, note.user_id])).toEqual([[id, user.id]]);
    });
  });

  it('sessions rotate, many at once', async () => {
    let holders = await eachOf(width, (app) => register(app));
    for (let round = 0; round < 3; round++) {
      holders = await eachOf(width, (app, index) => granted(app, holders[index]!, 'rotate'));
      one.clock.advanceSeconds(pastGraceSeconds);
    }
  });

  it('a token presented many times at once rotates once, and every caller gets the same child', async () => {
    const parent = await register(one);
    const responses = await eachOf(width, (app) => refresh(app, parent.refresh_token));
    expect(responses.map(({ status }) => status)).toEqual(Array(width).fill(200));
    expect(responses.filter((response) => verdictOf(response) === 'rotate')).toHaveLength(1);
    const children = responses.map((response) => tokensOf(response));
    const accepted = await Promise.all(children.map((child) => refresh(two, child.refresh_token)));
    expect(accepted.map(verdictOf)).toEqual(Array(width).fill('hold'));
  });

  it('a refresh is judged as without a pooler', async () => {
    const parent = await register(one);
    const child = await granted(two, parent, 'rotate');
    await granted(one, parent, 'replay');
    await granted(one, child, 'hold');
    one.clock.advanceSeconds(pastGraceSeconds);
    const recovered = await granted(two, parent, 'recover');
    one.clock.advanceSeconds(pastGraceSeconds);
    await granted(one, recovered, 'rotate');
    await expectProblem(refresh(two, child.refresh_token), 401, 'refresh_reused');
    await expectProblem(refresh(one, recovered.refresh_token), 401, 'session_revoked');
  });

  it('what one instance revokes the other refuses', async () => {
    const { access_token: token } = await register(one);
    await expectStatus(notes(two, token), 200);
    await logout(one, token);
    await until(async () => codeOf(await notes(two, token)) === 'token_revoked');

    const admin = await makeAdmin(one);
    const { access_token: theirs, user } = await register(two);
    const body = { disabled: true };
    await expectStatus(call(one, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body }), 200);
    await until(async () => codeOf(await notes(two, theirs)) === 'token_revoked');
  });

  it('keys rotate, and are revoked, for both', async () => {
    const before = await register(one);
    const [, next] = await publishedKids(one);
    one.clock.advanceSeconds(30 * 24 * 60 * 60);
    await lookAfterKeys(one);
    await until(() => currentKid(one) === next && currentKid(two) === next);
    const { access_token: token } = await register(two);
    expect(kidOf(token)).toBe(next);
    await expectStatus(notes(one, token), 200);

    await revokeKey(two, next!);
    await until(async () => (await notes(one, token)).status === 401);
    expect(kidOf((await register(one)).access_token)).not.toBe(kidOf(before.access_token));
  });

  it('npm run keys bypasses the pooler', async () => {
    const env = { ...pooledSettings(db, bouncer), AUTH_SECRET: testSecret };
    const { code, out } = await runPawl(['keys', 'rotate'], { env });
    expect(code).toBe(0);
    const made = /^Signing key (\S+) .*was made/m.exec(out)?.[1];
    expect((await keyRows({ db })).map((row) => row.kid)).toContain(made);
    await until(async () => (await publishedKids(two)).includes(made!));
  });

  it('a restart of the pooler causes 503 responses, but ends no session', async () => {
    const people = await eachOf(8, (app) => register(app));
    await bouncer.stop();
    for (const app of [one, two]) {
      await expectProblem(refresh(app, people[0]!.refresh_token), 503, 'database_unavailable');
      await expectProblem(notes(app, people[0]!.access_token), 503, 'database_unavailable');
      expect((await call(app, 'GET', '/health/ready')).body.status).toBe('degraded');
    }
    await bouncer.start();
    await until(async () => {
      const states = await Promise.all([one, two].map((app) => call(app, 'GET', '/health/ready')));
      return states.every(({ body }) => body.status === 'ok');
    });
    await eachOf(8, async (app, index) => {
      const tokens = tokensOf(await refresh(app, people[index]!.refresh_token));
      await expectStatus(notes(app, tokens.access_token), 200);
    });
  });

  it('a restart of the pooler under traffic signs nobody out and breaks nothing permanently', async () => {
    let raging = true;
    const all = new Set<number>();
    const lately = new Set<number>();
    const people = await eachOf(8, (app) => register(app));
    const clients = eachOf(8, async (_, index) => {
      let tokens: Tokens = people[index]!;
      for (let i = index; raging; i++) {
        const response = await refresh(i % 2 === 0 ? one : two, tokens.refresh_token);
        all.add(response.status);
        lately.add(response.status);
        if (response.status === 200) tokens = tokensOf(response);
      }
      return tokens;
    });
    await until(() => lately.has(200));
    for (let restart = 0; restart < 3; restart++) {
      await bouncer.stop();
      lately.clear();
      await until(() => lately.has(503));
      await bouncer.start();
      lately.clear();
      await until(() => lately.has(200));
    }
    raging = false;
    const holders = await clients;
    expect([...all].sort()).toEqual([200, 503]);
    for (const tokens of holders) await expectStatus(refresh(one, tokens.refresh_token), 200);
  });
});

it('timeouts apply although they cannot be set per connection', async () => {
  const db = await createTestDatabase();
  await prepare(db, { statement_timeout: '1s', lock_timeout: '500ms', idle_in_transaction_session_timeout: '1s' });
  const bouncer = await startPgBouncer(db.url);
  const app = await startApp({ database: db, env: { ...pooledSettings(db, bouncer), REFRESH_GRACE: '3s' } });
  const holder = new pg.Client({ connectionString: db.url });
  await holder.connect();
  try {
    const tokens = await register(app);
    await holder.query('SET idle_in_transaction_session_timeout = 0');
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE', [tokens.session_id]);
    expect((await refresh(app, tokens.refresh_token)).status).toBe(503);
    const stillWaiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    expect(await db.query(stillWaiting)).toEqual([]);
    await holder.query('ROLLBACK');
    await granted(app, tokens, 'rotate');
  } finally {
    await holder.end();
    await app.close();
    await bouncer.destroy();
    await db.drop();
  }
});

describe('without DATABASE_POOLED', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const env = (bouncer: PgBouncer) => ({ DATABASE_URL: bouncer.url, DATABASE_DIRECT_URL: db.url });

  it('a pooler that rejects start-up parameters stops the start with what to set', async () => {
    const bouncer = await startPgBouncer(db.url);
    try {
      const start = startApp({ database: db, env: env(bouncer) });
      await expect(start).rejects.toThrow(/^DATABASE_URL leads to a pooler that rejects .*: set DATABASE_POOLED=on/);
    } finally {
      await bouncer.destroy();
    }
  });

  it('a pooler that drops them stops the start too, instead of failing at random under load (42P05)', async () => {
    const startUpOptions = ['options', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
    const bouncer = await startPgBouncer(db.url, { ignoring: startUpOptions });
    try {
      const start = startApp({ database: db, env: env(bouncer) });
      await expect(start).rejects.toThrow(/^DATABASE_URL leads to a pooler that drops .*: set DATABASE_POOLED=on/);
    } finally {
      await bouncer.destroy();
    }
  });

  it('pgbouncer=true in the URL does the same', async () => {
    await prepare(db, { statement_timeout: '5s', lock_timeout: '2500ms', idle_in_transaction_session_timeout: '5s' });
    const bouncer = await startPgBouncer(db.url);
    try {
      const url = `${bouncer.url}?pgbouncer=true`;
      const app = await startApp({ database: db, env: { ...env(bouncer), DATABASE_URL: url } });
      const tokens = await register(app);
      await granted(app, tokens, 'rotate');
      await app.close();
    } finally {
      await bouncer.destroy();
    }
  });
});

it('an instance with DATABASE_POOLED does not start on a database without the settings, and says which', async () => {
  const db = await createTestDatabase();
  const bouncer = await startPgBouncer(db.url);
  try {
    const start = startApp({ database: db, env: pooledSettings(db, bouncer) });
    await expect(start).rejects.toThrow(`SET statement_timeout = '5000ms'`);
  } finally {
    await bouncer.destroy();
    await db.drop();
  }
});
