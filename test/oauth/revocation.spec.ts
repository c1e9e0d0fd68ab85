import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, makeAdmin, refresh, register } from '../support/http.js';
import type { RegisteredClient } from './clients.js';
import {
  basic,
  expectOAuthError,
  introspect,
  newClient,
  oauthRefresh,
  post,
  serviceToken,
  signInWith,
} from './clients.js';

let app: TestApp;
let admin: Tokens;
let client: RegisteredClient;
let other: RegisteredClient;

beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
  client = await newClient(app, admin);
  other = await newClient(app, admin);
});
afterAll(() => app.close());

const revoke = (token: string, who = client, others: Record<string, string> = {}) =>
  post(app, '/oauth/revoke', { token, ...others }, basic(who));

const isSignedIn = async ({ access_token: token }: Tokens) =>
  (await call(app, 'GET', '/notes', { token })).status === 200;

async function expectRevoked(token: string, who = client, others = {}): Promise<void> {
  const { status, body, headers } = await revoke(token, who, others);
  expect({ status, body }).toEqual({ status: 200, body: undefined });
  expect(headers.get('cache-control')).toBe('no-store');
}

it.each(['access_token', 'refresh_token'] as const)('the %s ends the session: both tokens', async (which) => {
  const session = await signInWith(app, client);
  await expectRevoked(session[which]);
  await expectProblem(call(app, 'GET', '/notes', { token: session.access_token }), 401, 'token_revoked');
  await expectOAuthError(oauthRefresh(app, client, session), 400, 'invalid_grant');
});

it.each(['access_token', 'refresh_token', 'nonsense'])('a hint of %s does no harm, right or wrong', async (hint) => {
  for (const which of ['access_token', 'refresh_token'] as const) {
    const session = await signInWith(app, client);
    await expectRevoked(session[which], client, { token_type_hint: hint });
    expect(await isSignedIn(session)).toBe(false);
  }
});

it('the built-in public client revokes by its id alone', async () => {
  const session = await register(app);
  expect((await post(app, '/oauth/revoke', { token: session.refresh_token, client_id: 'pawl' })).status).toBe(200);
  await expectProblem(refresh(app, session.refresh_token), 401, 'session_revoked');
});

it('other sessions of the user continue', async () => {
  const one = await register(app);
  const { body: two } = await call(app, 'POST', '/auth/login', {
    body: { email: one.user.email, password: 'correct horse battery staple', client_id: client.client_id },
    headers: Object.fromEntries(basic(client)),
  });
  await expectRevoked((two as Tokens).refresh_token);
  expect(await isSignedIn(one)).toBe(true);
});

describe('a token of a service', () => {
  it('is refused from then on; others of the same service are not', async () => {
    const service = await newClient(app, admin, { role: 'admin', scope: 'admin' });
    const [one, two] = [await serviceToken(app, service), await serviceToken(app, service)];
    await expectRevoked(one, service);
    await expectProblem(call(app, 'GET', '/users', { token: one }), 401, 'token_revoked');
    expect(await introspect(app, service, one)).toEqual({ active: false });
    expect((await call(app, 'GET', '/users', { token: two })).status).toBe(200);
  });

  it('that has expired is not stored', async () => {
    const expiring = await startApp({ database: app.db, env: { ACCESS_TOKEN_TTL: '1s' } });
    try {
      const token = await serviceToken(expiring, client);
      expiring.clock.advanceSeconds(2);
      const count = async () => (await app.db.query('SELECT 1 FROM revocations')).length;
      const before = await count();
      expect((await post(expiring, '/oauth/revoke', { token }, basic(client))).status).toBe(200);
      expect(await count()).toBe(before);
    } finally {
      await expiring.close();
    }
  });
});

describe('a token that names nothing to revoke', () => {
  it.each<[string, () => Promise<string>]>([
    ['nonsense', async () => 'nonsense'],
    ['a forged refresh token', async () => `pwl1_${'A'.repeat(128)}`],
    [
      'an access token with a changed signature',
      async () => (await signInWith(app, client)).access_token.replace(/.{4}$/, 'AAAA'),
    ],
    [
      'a session that is over',
      async () => {
        const { refresh_token } = await signInWith(app, client);
        await revoke(refresh_token);
        return refresh_token;
      },
    ],
    [
      'a user who is gone',
      async () => {
        const { refresh_token, user } = await signInWith(app, client);
        await call(app, 'DELETE', `/users/${user.id}`, { token: admin.access_token });
        return refresh_token;
      },
    ],
  ])('%s: 200 (RFC 7009 section 2.2)', async (_, token) => {
    await expectRevoked(await token());
  });
});

it('a token that is no longer valid still names its session', async () => {
  const first = await signInWith(app, client);
  const { body: second } = await oauthRefresh(app, client, first);
  app.clock.advanceSeconds(16 * 60);
  await expectRevoked(first.access_token);
  await expectOAuthError(oauthRefresh(app, client, second as Tokens), 400, 'invalid_grant');
  admin = await makeAdmin(app);
});

describe('another client’s token', () => {
  it.each(['access_token', 'refresh_token'] as const)('as %s is refused and not revoked', async (which) => {
    const session = await signInWith(app, client);
    await expectOAuthError(revoke(session[which], other), 400, 'invalid_grant');
    await expectOAuthError(
      post(app, '/oauth/revoke', { token: session[which], client_id: 'pawl' }),
      400,
      'invalid_grant',
    );
    expect(await isSignedIn(session)).toBe(true);
  });

  it('of a service is refused and not revoked', async () => {
    const service = await newClient(app, admin, { role: 'admin', scope: 'admin' });
    const token = await serviceToken(app, service);
    await expectOAuthError(revoke(token, other), 400, 'invalid_grant');
    expect((await call(app, 'GET', '/users', { token })).status).toBe(200);
  });
});

it('needs a client and a token', async () => {
  const { refresh_token: token } = await signInWith(app, client);
  await expectOAuthError(post(app, '/oauth/revoke', { token }), 401, 'invalid_client');
  await expectOAuthError(
    post(app, '/oauth/revoke', { token }, basic({ ...client, client_secret: 'x' })),
    401,
    'invalid_client',
  );
  await expectOAuthError(post(app, '/oauth/revoke', {}, basic(client)), 400, 'invalid_request');
});
