import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, makeAdmin, register } from '../support/http.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import type { RegisteredClient } from './clients.js';
import {
  basic,
  deleteClient,
  expectOAuthError,
  introspect,
  newClient,
  oauthRefresh,
  post,
  serviceToken,
  signInWith,
} from './clients.js';

/** A change to a client or its tokens at one instance applies at the other. */
describe('two instances', () => {
  let db: TestDatabase;
  let one: TestApp;
  let two: TestApp;
  let admin: Tokens;
  let api: RegisteredClient;

  beforeAll(async () => {
    db = await createTestDatabase();
    one = await startApp({ database: db });
    two = await startApp({ database: db, clock: one.clock });
    admin = await makeAdmin(one);
    api = await newClient(one, admin, { grant_types: [] });
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await db.drop();
  });

  /** By the guards of the second instance, and in its introspection. */
  async function refusedAtTwo(token: string): Promise<void> {
    await until(async () => (await call(two, 'GET', '/users', { token })).body.code === 'token_revoked');
    expect(await introspect(two, api, token)).toEqual({ active: false });
  }

  it('deleting a client refuses every token that it was given, on both, and ends its users’ sessions', async () => {
    const client = await newClient(one, admin, { role: 'admin', scope: 'admin' });
    const bystander = await newClient(one, admin, { role: 'admin', scope: 'admin' });
    const session = await signInWith(one, client);
    const tokens = [await serviceToken(one, client), await serviceToken(two, client), session.access_token];
    const spared = await serviceToken(two, bystander);

    expect((await deleteClient(one, admin, client)).status).toBe(204);
    for (const token of tokens) await expectProblem(call(one, 'GET', '/users', { token }), 401, 'token_revoked');
    for (const token of tokens) await refusedAtTwo(token);
    for (const app of [one, two]) {
      await expectOAuthError(oauthRefresh(app, client, session), 401, 'invalid_client');
      await expectOAuthError(
        post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic(client)),
        401,
        'invalid_client',
      );
      expect((await call(app, 'GET', '/users', { token: spared })).status).toBe(200);
    }
    const [row] = await db.query('SELECT revoked_reason FROM sessions WHERE id = $1', [session.session_id]);
    expect(row).toEqual({ revoked_reason: 'client_deleted' });
    expect(await db.query('SELECT 1 FROM client_secrets WHERE client_id = $1', [client.client_id])).toEqual([]);
    await expectProblem(deleteClient(one, admin, client), 404, 'not_found');
  });

  it('thousands of its sessions end in batches', async () => {
    const client = await newClient(one, admin);
    const session = await signInWith(one, client);
    await db.query(
      `INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at, created_at, expires_at)
       SELECT user_id, gen_random_uuid(), client_id, token_hash, seen_at, shown_seen_at, pending_seen_at, created_at, expires_at
       FROM sessions, generate_series(1, 12000) WHERE id = $1`,
      [session.session_id],
    );
    expect((await deleteClient(one, admin, client)).status).toBe(204);
    expect(
      await db.query('SELECT 1 FROM sessions WHERE client_id = $1 AND revoked_at IS NULL', [client.client_id]),
    ).toEqual([]);
    // One entry refuses them all: memory does not grow with the sessions.
    const entries = await db.query(`SELECT 1 FROM revocations WHERE client_id = $1`, [client.client_id]);
    expect(entries).toHaveLength(1);
  });

  it('a revoked session, and a revoked token of a service, are refused on both', async () => {
    const client = await newClient(one, admin, { role: 'admin', scope: 'admin' });
    const session = await signInWith(one, client);
    const own = await serviceToken(one, client);
    for (const token of [session.refresh_token, own]) await post(one, '/oauth/revoke', { token }, basic(client));
    await refusedAtTwo(session.access_token);
    await refusedAtTwo(own);
  });

  it('an instance that starts later refuses them too', async () => {
    const client = await newClient(one, admin, { role: 'admin', scope: 'admin' });
    const revoked = await serviceToken(one, client);
    await post(one, '/oauth/revoke', { token: revoked }, basic(client));
    const gone = await newClient(one, admin, { role: 'admin', scope: 'admin' });
    const orphan = await serviceToken(one, gone);
    await deleteClient(one, admin, gone);
    const three = await startApp({ database: db, clock: one.clock });
    try {
      for (const token of [revoked, orphan])
        await expectProblem(call(three, 'GET', '/users', { token }), 401, 'token_revoked');
    } finally {
      await three.close();
    }
  });
});

it('an instance without the feed also asks the database about services', async () => {
  const db = await createTestDatabase();
  const feed = await startTcpProxy(db.url);
  const other = await startApp({ database: db });
  const deaf = await startApp({ database: db, env: { DATABASE_DIRECT_URL: feed.url } });
  try {
    const admin = await makeAdmin(other);
    const clients = [
      await newClient(other, admin, { role: 'admin', scope: 'admin' }),
      await newClient(other, admin, { role: 'admin', scope: 'admin' }),
    ];
    const [revoked, orphan] = await Promise.all(clients.map((client) => serviceToken(other, client)));
    const user = await signInWith(other, clients[1]!);
    await feed.cut();
    await until(async () => (await call(deaf, 'GET', '/health/ready')).body.checks.revocation_feed === 'down');
    for (const token of [revoked, orphan]) expect((await call(deaf, 'GET', '/users', { token })).status).toBe(200);
    expect((await call(deaf, 'GET', '/notes', { token: user.access_token })).status).toBe(200);
    await post(other, '/oauth/revoke', { token: revoked! }, basic(clients[0]!));
    await deleteClient(other, admin, clients[1]!);
    for (const token of [revoked, orphan, user.access_token]) {
      await until(async () => (await call(deaf, 'GET', '/users', { token })).body.code === 'token_revoked');
    }
  } finally {
    await deaf.close();
    await other.close();
    await feed.close();
    await db.drop();
  }
});

it('without a database: 503 with Retry-After in the format of RFC 6749, and it recovers by itself', async () => {
  const db = await createTestDatabase();
  const proxy = await startTcpProxy(db.url);
  const app = await startApp({ database: { ...db, url: proxy.url } });
  try {
    const client = await newClient(app, await makeAdmin(app));
    const session = await register(app);
    const refreshing = { grant_type: 'refresh_token', refresh_token: session.refresh_token, client_id: 'pawl' };
    await proxy.cut();
    for (const [path, parameters] of [
      ['/oauth/token', { grant_type: 'client_credentials' }],
      ['/oauth/introspect', { token: session.access_token }],
      ['/oauth/revoke', { token: session.access_token }],
    ] as const) {
      const { headers } = await expectOAuthError(
        post(app, path, parameters, basic(client)),
        503,
        'temporarily_unavailable',
      );
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
    }
    await expectOAuthError(post(app, '/oauth/token', refreshing), 503, 'temporarily_unavailable');
    await proxy.resume();
    await until(async () => (await post(app, '/oauth/token', refreshing)).status === 200);
  } finally {
    await app.close();
    await proxy.close();
    await db.drop();
  }
});
