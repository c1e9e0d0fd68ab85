import { setTimeout as sleep } from 'node:timers/promises';
import { Readiness } from '../../src/health/readiness.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase, endConnections } from '../support/database.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, refresh, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

let db: TestDatabase;
let proxy: TcpProxy;
let app: TestApp;
let user: Tokens;

beforeAll(async () => {
  db = await createTestDatabase();
  proxy = await startTcpProxy(db.url);
  app = await startApp({ database: { ...db, url: proxy.url } });
  user = await register(app);
});
afterEach(async () => {
  await proxy.resume();
  await untilReady();
});
afterAll(async () => {
  await app.close();
  await proxy.close();
  await db.drop();
});

const ready = () => call(app, 'GET', '/health/ready');
const withToken = (method: string, path: string, body?: unknown) =>
  call(app, method, path, { token: user.access_token, body });

/** Waits until the service has found its database again by itself. */
async function untilReady(): Promise<Answer> {
  for (;;) {
    const answer = await ready();
    if ((answer.body as { status: string }).status === 'ok') return answer;
    await sleep(50);
  }
}

const needsTheDatabase: [name: string, ask: () => Promise<Answer>][] = [
  ['register', () => call(app, 'POST', '/auth/register', { body: { email: newEmail(), password: goodPassword } })],
  ['login', () => call(app, 'POST', '/auth/login', { body: { email: user.user.email, password: goodPassword } })],
  ['refresh', () => refresh(app, user.refresh_token)],
  ['logout', () => call(app, 'POST', '/auth/logout', { body: { refresh_token: user.refresh_token } })],
  ['logout-all', () => withToken('POST', '/auth/logout-all')],
  ['me', () => withToken('GET', '/auth/me')],
  ['sessions', () => withToken('GET', '/auth/sessions')],
  ['notes', () => withToken('GET', '/notes')],
  ['a new note', () => withToken('POST', '/notes', { title: 'a' })],
];

const needsNone: [name: string, ask: () => Promise<Answer>, status: number][] = [
  ['liveness', () => call(app, 'GET', '/health/live'), 200],
  ['the key set', () => call(app, 'GET', '/.well-known/jwks.json'), 200],
  ['Swagger UI', () => call(app, 'GET', '/docs'), 200],
  ['a protected request that the role refuses', () => withToken('GET', '/users'), 403],
  ['a protected request with a malformed id', () => withToken('GET', '/notes/x'), 404],
  ['a protected request with a bad body', () => withToken('POST', '/notes', { title: '' }), 400],
  ['a request with a bad token', () => call(app, 'GET', '/notes', { token: 'bad' }), 401],
  ['a request without a token', () => call(app, 'GET', '/notes'), 401],
  ['a refresh with a forged token', () => refresh(app, `pwl1_${'A'.repeat(128)}`), 401],
  ['a logout with a forged token', () => call(app, 'POST', '/auth/logout', { body: { refresh_token: 'forged' } }), 204],
];

describe('with the database up', () => {
  it('the service is ready, and says what it looked at', async () => {
    const { status, body } = await untilReady();
    expect({ status, body }).toEqual({
      status: 200,
      body: { status: 'ok', checks: { service: 'up', database: 'up', revocation_feed: 'up', limits: 'up' } },
    });
  });

  it('the process is alive', async () => {
    const { status, body } = await call(app, 'GET', '/health/live');
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ok' } });
  });
});

describe('with a database that refuses connections', () => {
  it.each(needsTheDatabase)('%s is 503 database_unavailable, and says when to try again', async (_, ask) => {
    await proxy.cut();
    const { headers, body } = await expectProblem(ask(), 503, 'database_unavailable');
    expect(headers.get('retry-after')).toBe('5');
    expect(JSON.stringify(body)).not.toMatch(/postgres|127\.0\.0\.1|ECONN|prisma/i);
  });

  it.each(needsNone)('%s gets its usual response', async (_, ask, status) => {
    await proxy.cut();
    expect((await ask()).status).toBe(status);
  });

  it('the service is degraded, which is 200: what needs no database still works', async () => {
    await proxy.cut();
    const { status, body } = await ready();
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        status: 'degraded',
        checks: { service: 'up', database: 'down', revocation_feed: expect.any(String), limits: 'down' },
      },
    });
  });

  it('everything works again by itself, and nobody has been signed out', async () => {
    const before = await register(app);
    await proxy.cut();
    await expectProblem(refresh(app, before.refresh_token), 503, 'database_unavailable');
    await proxy.resume();
    await untilReady();
    const after = (await expectStatus(refresh(app, before.refresh_token), 200)) as Tokens;
    await expectStatus(call(app, 'GET', '/auth/me', { token: before.access_token }), 200);
    await expectStatus(call(app, 'GET', '/auth/me', { token: after.access_token }), 200);
  });
});

describe('with a database that ends every connection (pg_terminate_backend)', () => {
  it('at most the requests in flight are 503; the next are served', async () => {
    await Promise.all(Array.from({ length: 10 }, () => withToken('GET', '/notes')));
    await endConnections(db);
    const answers = await Promise.all(Array.from({ length: 10 }, () => withToken('GET', '/notes')));
    for (const answer of answers) {
      if (answer.status !== 200) await expectProblem(answer, 503, 'database_unavailable');
    }
    await untilReady();
    expect((await withToken('GET', '/notes')).status).toBe(200);
  });
});

describe('an access token under a key that this instance does not know', () => {
  it('is 503 while the database cannot be reached: another instance may have rotated, so the token may be valid', async () => {
    await proxy.cut();
    const [, payload, signature] = user.access_token.split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'made-by-another' })).toString(
      'base64url',
    );
    const token = [header, payload, signature].join('.');
    await expectProblem(call(app, 'GET', '/notes', { token }), 503, 'database_unavailable');
    await proxy.resume();
    await untilReady();
    await expectProblem(call(app, 'GET', '/notes', { token }), 401, 'token_invalid');
  });
});

describe('with a database that says nothing any more', () => {
  it('requests that need it are 503, and the others do not wait for them', async () => {
    proxy.freeze();
    const waiting = Promise.all([
      withToken('GET', '/notes'),
      call(app, 'POST', '/auth/login', { body: { email: user.user.email, password: goodPassword } }),
    ]);
    const unhurried = Promise.all([ready(), ...needsNone.map(([, ask]) => ask())]);
    const [first] = await Promise.race([unhurried, waiting]);
    expect(first).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect((await unhurried).slice(1).map(({ status }) => status)).toEqual(needsNone.map(([, , status]) => status));
    for (const answer of await waiting) await expectProblem(answer, 503, 'database_unavailable');
    await proxy.cut(); // what was frozen stays broken
  });
});

describe('an instance that shuts down', () => {
  it('is down, which is 503: send no more requests here', async () => {
    const own = await startAppForTest();
    own.nest.get(Readiness).beforeApplicationShutdown();
    const { status, body } = await call(own, 'GET', '/health/ready');
    expect({ status, body }).toEqual({
      status: 503,
      body: { status: 'down', checks: { service: 'draining', database: 'up', revocation_feed: 'up', limits: 'up' } },
    });
  });
});
