import type { Socket } from 'node:net';
import { connect } from 'node:net';
import pg from 'pg';
import { RevocationLog } from '../../src/sessions/revocation-log.js';
import type { RevocationRow } from '../../src/sessions/revocation-message.js';
import { newClient, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase, endConnections } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, makeAdmin, register } from '../support/http.js';
import { metric } from '../support/metrics.js';
import { startAppForTest } from '../support/per-test.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { feedToken, follow, goodPage, page, withoutTime } from './feed-client.js';

const logOut = (app: TestApp, { access_token: token }: Tokens) => call(app, 'POST', '/auth/logout', { token });

describe('two instances', () => {
  let db: TestDatabase;
  let one: TestApp;
  let two: TestApp;
  let token: string;
  beforeAll(async () => {
    db = await createTestDatabase();
    one = await startApp({ database: db });
    two = await startApp({ database: db, clock: one.clock });
    token = await feedToken(one, await makeAdmin(one));
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await db.drop();
  });

  /** A transaction that has revoked a session and is not committed yet. */
  async function openTransaction(sessionId: string): Promise<{ commit: () => Promise<void> }> {
    const client = new pg.Client(db.url);
    await client.connect();
    await client.query('BEGIN');
    await client.query(
      'INSERT INTO revocations (user_id, session_id, revoked_at) VALUES (gen_random_uuid(), $1, now())',
      [sessionId],
    );
    return {
      commit: async () => {
        await client.query('COMMIT');
        await client.end();
      },
    };
  }

  it('show the same revocations, in the same order and under the same cursors, wherever they were made', async () => {
    const [atOne, atTwo] = [await follow(one, token), await follow(two, token)];
    const users = await Promise.all(Array.from({ length: 6 }, () => register(one)));
    await Promise.all(users.map((user, i) => logOut(i % 2 ? one : two, user)));
    for (const { session_id } of users) {
      await atOne.received({ session_id });
      await atTwo.received({ session_id });
    }
    const messages = (feed: typeof atOne) => feed.events.filter(({ event }) => event === 'message');
    expect(messages(atOne)).toEqual(messages(atTwo));
  });

  it('a follower that moves from one to the other misses nothing', async () => {
    const atOne = await follow(one, token);
    const [first, second] = [await register(one), await register(one)];
    await logOut(two, first);
    const { id } = await atOne.received({ session_id: first.session_id });
    atOne.close();
    await logOut(one, second);
    const atTwo = await follow(two, token, { lastEventId: id });
    await atTwo.received({ session_id: second.session_id });
    expect(atTwo.revocations()).toEqual([{ session_id: second.session_id }]);
  });

  it('a transaction that began first and commits last is not missed by a follower that resumes in between', async () => {
    const early = crypto.randomUUID();
    const slow = await openTransaction(early);
    const late = await register(one);
    const feed = await follow(one, token);
    await logOut(one, late);
    const { id } = await feed.received({ session_id: late.session_id });
    feed.close();
    await slow.commit();
    const resumed = await follow(two, token, { lastEventId: id });
    await resumed.received({ session_id: early });
    expect(resumed.events.some(({ event }) => event === 'snapshot')).toBe(false);
    expect(resumed.revocations()).toEqual([{ session_id: early }]);
  });

  it('many sessions that end in one transaction all arrive', async () => {
    const feed = await follow(two, token);
    const rows = await db.query<{ session_id: string }>(
      `INSERT INTO revocations (user_id, session_id, revoked_at)
       SELECT gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, 3000) RETURNING session_id`,
    );
    await until(() => feed.revocations().length >= rows.length);
    const arrived = new Set(feed.revocations().map(({ session_id }) => session_id));
    expect(rows.every(({ session_id }) => arrived.has(session_id))).toBe(true);
  });

  it('a rolled-back revocation never appears', async () => {
    const feed = await follow(one, token);
    const undone = crypto.randomUUID();
    await expect(
      db.query(`DO $$ BEGIN
        INSERT INTO revocations (user_id, session_id, revoked_at) VALUES (gen_random_uuid(), '${undone}', now());
        RAISE EXCEPTION 'undone'; END $$`),
    ).rejects.toThrow('undone');
    const marker = await register(one);
    await logOut(one, marker);
    await feed.received({ session_id: marker.session_id });
    expect(feed.revocations()).not.toContainEqual({ session_id: undone });
  });

  it('a cursor of another database starts a snapshot, also if it has as many revocations', async () => {
    const other = await startAppForTest();
    const itsToken = await feedToken(other, await makeAdmin(other));
    const copy = `INSERT INTO revocations (user_id, session_id, revoked_at)
      SELECT gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, 20000)`;
    await other.db.query(copy);
    await until(async () => Number((await goodPage(other, itsToken)).cursor.split('-')[0]) > 0);
    const { cursor } = await goodPage(one, token);
    expect(await goodPage(other, itsToken, cursor)).toMatchObject({ snapshot: true });
  });

  it('one that drains ends its streams, and followers go on at the other', async () => {
    const leaving = await startAppForTest({ database: db, clock: one.clock });
    const feed = await follow(leaving, token);
    const last = feed.events.at(-1)!.id!;
    const closing = leaving.close();
    await until(feed.isEnded);
    await closing;
    const user = await register(one);
    await logOut(one, user);
    const resumed = await follow(two, token, { lastEventId: last });
    await resumed.received({ session_id: user.session_id });
    expect(resumed.events[0]!.event).not.toBe('snapshot');
  });

  it('a message of an instance of the version before, which has no position, is still effective', async () => {
    const { access_token: token, session_id: sessionId } = await register(one);
    await expectStatus(call(two, 'GET', '/auth/me', { token }), 200);
    await db.query(`SELECT pg_notify('pawl_revocations', $1)`, [JSON.stringify([{ sessionId }])]);
    await until(async () => (await call(two, 'GET', '/auth/me', { token })).body.code === 'token_revoked');
  });
});

describe('an instance that does not hear the others', () => {
  let db: TestDatabase;
  let listening: TcpProxy;
  let queries: TcpProxy;
  let deaf: TestApp;
  let other: TestApp;
  let token: string;
  beforeEach(async () => {
    db = await createTestDatabase();
    listening = await startTcpProxy(db.url);
    queries = await startTcpProxy(db.url);
    other = await startApp({ database: db });
    deaf = await startApp({ database: db, env: { DATABASE_URL: queries.url, DATABASE_DIRECT_URL: listening.url } });
    token = await feedToken(other, await makeAdmin(other));
  });
  afterEach(async () => {
    await listening.resume();
    await queries.resume();
    await deaf.close();
    await other.close();
    await listening.close();
    await queries.close();
    await db.drop();
  });

  it('ends its streams and opens no others, and misses nothing once it is back', async () => {
    const feed = await follow(deaf, token);
    const id = feed.events.at(-1)!.id!;
    await listening.cut();
    await until(feed.isEnded);
    const { headers } = await expectProblem(page(deaf, token), 503, 'temporarily_unavailable');
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    const missed = await register(other);
    await logOut(other, missed);
    await listening.resume();
    await until(async () => (await page(deaf, token)).status === 200);
    const resumed = await follow(deaf, token, { lastEventId: id });
    expect(resumed.revocations()).toEqual([{ session_id: missed.session_id }]);
  });

  it('sends no comment while its connection is silent: a follower must not take that for safety', async () => {
    const feed = await follow(deaf, token);
    listening.freeze();
    await until(feed.isEnded);
    // At most one: the silence is noticed after five seconds.
    expect(feed.comments()).toBeLessThanOrEqual(1);
    expect(await metric(deaf, 'pawl_revocation_streams_ended_total{reason="stale"}')).toBe(1);
  });

  it('goes on without a gap if its connection is replaced at once', async () => {
    const feed = await follow(deaf, token);
    await endConnections(db, 'pawl listener');
    const user = await register(other);
    await logOut(other, user);
    await feed.received({ session_id: user.session_id });
    expect(feed.isEnded()).toBe(false);
  });

  it('reads the table if a cursor is from an instance that has heard more', async () => {
    listening.freeze();
    const user = await register(other);
    await logOut(other, user);
    await until(async () => (await goodPage(other, token)).revocations.length === 1);
    const ahead = await goodPage(other, token);
    const answer = await page(deaf, token, ahead.cursor);
    // It has noticed the silence, or it has read what it missed. It never pretends to be up to date.
    if (answer.status === 200) expect(answer.body).toMatchObject({ snapshot: false, revocations: [] });
    else await expectProblem(answer, 503, 'temporarily_unavailable');
  });

  it('does not claim to be up to date while a large revocation could not be read', async () => {
    await queries.cut();
    await db.query(
      `INSERT INTO revocations (user_id, session_id, revoked_at)
       SELECT gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, 50)`,
    );
    await until(async () => (await page(deaf, token)).status === 503);
    await queries.resume();
    await until(async () => (await page(deaf, token)).body.revocations?.length >= 50);
  });

  it('starts over when the database is restored from a backup, and so do its followers', async () => {
    const [lost, kept] = [await register(other), await register(other)];
    await logOut(other, lost);
    const feed = await follow(deaf, token);
    await feed.received({ session_id: lost.session_id });
    const id = feed.events.at(-1)!.id!;
    await listening.cut();
    await db.query('DELETE FROM revocations');
    await db.query('ALTER SEQUENCE revocations_position_seq RESTART');
    await logOut(other, kept);
    await listening.resume();
    await until(feed.isEnded);
    await until(async () => (await page(deaf, token)).status === 200);
    const resumed = await follow(deaf, token, { lastEventId: id });
    expect(resumed.events[0]).toMatchObject({ event: 'snapshot' });
    expect(resumed.revocations()).toEqual([{ session_id: kept.session_id }]);
  });
});

it('an instance that reads the table loses nothing that it hears meanwhile', async () => {
  const app = await startAppForTest();
  const token = await feedToken(app, await makeAdmin(app));
  const log = app.nest.get(RevocationLog);
  const heard: RevocationRow[] = [];
  log.listen({ heard: (rows) => heard.push(...rows) });
  const notify = (payload: string) => app.db.query(`SELECT pg_notify('pawl_revocations', $1)`, [payload]);
  const blocker = new pg.Client(app.db.url);
  await blocker.connect();
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE revocations IN ACCESS EXCLUSIVE MODE');

  // Has the instance read the table, as a revocation does that is too large for a message.
  await notify('not a message');
  const [userId, sessionId] = [crypto.randomUUID(), crypto.randomUUID()];
  // Committed after the statement that reads began, so the table does not show it to that statement.
  await notify(
    JSON.stringify([{ position: log.end.position + 1, userId, sessionId, atMs: app.clock.now().getTime() }]),
  );
  await until(() => heard.length > 0);
  await blocker.query('COMMIT');
  await blocker.end();
  await until(async () => (await goodPage(app, token)).revocations.some((one) => one.session_id === sessionId));
});

it('a follower that does not read is cut, keeps no memory here, and resumes (attack: filling the memory of the service)', async () => {
  const app = await startAppForTest();
  const admin = await makeAdmin(app);
  const client = await newClient(app, admin, { scope: 'revocations' });
  const token = await serviceToken(app, client);
  const { hostname, port } = new URL(app.url);
  const socket = await new Promise<Socket>((resolve) => {
    const opened: Socket = connect({ host: hostname, port: Number(port) }, () => resolve(opened));
  });
  socket.on('error', () => undefined).pause();
  socket.write(`GET /oauth/revocations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await until(async () => (await metric(app, 'pawl_revocation_streams')) === 1);
  // More than the operating system buffers for a connection.
  for (let i = 0; i < 8; i++) {
    await app.db.query(
      `INSERT INTO revocations (client_id, revoked_at)
       SELECT repeat(md5(n::text), 2), now() FROM generate_series(1, 15000) n`,
    );
  }
  await until(async () => (await metric(app, 'pawl_revocation_streams_ended_total{reason="slow"}')) === 1);
  expect(await metric(app, 'pawl_revocation_streams')).toBe(0);
  socket.destroy();
  const { revocations } = await goodPage(app, token);
  expect(withoutTime(revocations[0]!)).toHaveProperty('client_id');
});
