import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, goodPassword, login, makeAdmin, newEmail, refresh, register } from '../support/http.js';
import type { RegisteredClient } from './clients.js';
import {
  basic,
  createClient,
  expectOAuthError,
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
  client = await newClient(app, admin, { scope: 'a b c' });
  other = await newClient(app, admin);
});
afterAll(() => app.close());

const pastGrace = () => app.clock.advanceSeconds(31);
const verdictOf = ({ headers }: Answer) => headers.get('pawl-refresh');
const isSignedIn = async (token: string) => (await call(app, 'GET', '/notes', { token })).status === 200;

describe('a grant', () => {
  const ask = (parameters: Record<string, string>) => post(app, '/oauth/token', parameters, basic(client));

  it.each([
    'password',
    'authorization_code',
    'implicit',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'Refresh_Token',
  ])('of type %s there is not', async (grant_type) => {
    const form = { grant_type, username: newEmail(), password: goodPassword };
    await expectOAuthError(ask(form), 400, 'unsupported_grant_type');
    await expectOAuthError(post(app, '/oauth/token', { ...form, client_id: 'pawl' }), 400, 'unsupported_grant_type');
  });

  it('that the client is not registered for is refused', async () => {
    const service = await newClient(app, admin, { grant_types: ['client_credentials'] });
    const form = { grant_type: 'refresh_token', refresh_token: (await register(app)).refresh_token };
    await expectOAuthError(post(app, '/oauth/token', form, basic(service)), 400, 'unauthorized_client');
    const frontend = await newClient(app, admin, { grant_types: ['refresh_token'] });
    const own = { grant_type: 'client_credentials' };
    await expectOAuthError(post(app, '/oauth/token', own, basic(frontend)), 400, 'unauthorized_client');
    await expectOAuthError(post(app, '/oauth/token', { ...own, client_id: 'pawl' }), 400, 'unauthorized_client');
  });
});

describe('a sign-in with client_id', () => {
  it('starts a session that belongs to the client, and is refreshed by it alone', async () => {
    const session = await signInWith(app, client);
    await expectProblem(refresh(app, session.refresh_token), 401, 'refresh_invalid');
    expect((await oauthRefresh(app, client, session)).status).toBe(200);
    const { body: again } = await call(app, 'POST', '/auth/login', {
      body: { email: session.user.email, password: goodPassword, client_id: client.client_id },
      headers: Object.fromEntries(basic(client)),
    });
    expect((await oauthRefresh(app, client, again as Tokens)).status).toBe(200);
  });

  it.each([
    ['an unknown one', () => '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e'],
    ['no id at all', () => 'x'.repeat(64)],
    [
      'one without the refresh_token grant',
      async () => {
        return (await newClient(app, admin, { grant_types: ['client_credentials'] })).client_id;
      },
    ],
  ])('of %s is 400 at client_id', async (_, id) => {
    const body = { email: newEmail(), password: goodPassword, client_id: await id() };
    for (const path of ['/auth/register', '/auth/login']) {
      const response = await expectProblem(call(app, 'POST', path, { body }), 400, 'validation_failed');
      expect(response.body.errors).toMatchObject([{ path: 'client_id' }]);
    }
  });

  it('of a registered client gets no cookies, which only the built-in client can refresh', async () => {
    const body = { email: newEmail(), password: goodPassword, client_id: client.client_id, delivery: 'cookie' };
    const headers = Object.fromEntries(basic(client));
    const response = await expectProblem(
      call(app, 'POST', '/auth/register', { body, headers }),
      400,
      'validation_failed',
    );
    expect(response.body.errors).toMatchObject([{ path: 'delivery' }]);
  });
});

describe('the refresh_token grant', () => {
  it('returns the fields of RFC 6749 section 5.1 and nothing else', async () => {
    const { status, headers, body } = await oauthRefresh(app, client, await signInWith(app, client));
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'a b c' });
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    expect(await isSignedIn(body.access_token)).toBe(true);
  });

  it('is the same ratchet as POST /auth/refresh: rotate, hold, replay, recover', async () => {
    const first = await signInWith(app, client);
    const rotated = await oauthRefresh(app, client, first);
    const held = await oauthRefresh(app, client, rotated.body);
    expect(held.body.refresh_token).toBe(rotated.body.refresh_token);
    const replayed = await oauthRefresh(app, client, first);
    pastGrace();
    const recovered = await oauthRefresh(app, client, first);
    expect([rotated, held, replayed, recovered].map(verdictOf)).toEqual(['rotate', 'hold', 'replay', 'recover']);
  });

  it('signs a session out in which an old token comes back', async () => {
    const first = await signInWith(app, client);
    const second = await oauthRefresh(app, client, first);
    pastGrace();
    const third = await oauthRefresh(app, client, second.body);
    await expectOAuthError(oauthRefresh(app, client, first), 400, 'invalid_grant');
    await expectOAuthError(oauthRefresh(app, client, third.body), 400, 'invalid_grant');
    expect(await isSignedIn(third.body.access_token)).toBe(false);
  });

  it('refuses another client’s token, and the session continues', async () => {
    const session = await signInWith(app, client);
    for (let i = 0; i < 3; i++) await expectOAuthError(oauthRefresh(app, other, session), 400, 'invalid_grant');
    await expectOAuthError(
      post(app, '/oauth/token', {
        grant_type: 'refresh_token',
        refresh_token: session.refresh_token,
        client_id: 'pawl',
      }),
      400,
      'invalid_grant',
    );
    expect(await isSignedIn(session.access_token)).toBe(true);
    expect(verdictOf(await oauthRefresh(app, client, session))).toBe('rotate');
  });

  it('refuses another client even what would be a reuse, and revokes nothing', async () => {
    const first = await signInWith(app, client);
    const second = await oauthRefresh(app, client, first);
    pastGrace();
    const third = await oauthRefresh(app, client, second.body);
    await expectOAuthError(oauthRefresh(app, other, first), 400, 'invalid_grant');
    expect(await isSignedIn(third.body.access_token)).toBe(true);
  });

  it.each<[string, () => Promise<string>]>([
    ['no token of ours', async () => 'pwl1_nothing'],
    ['an access token', async () => (await signInWith(app, client)).access_token],
    [
      'a token that was changed',
      async () => (await signInWith(app, client)).refresh_token.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')),
    ],
    [
      'the token of a session that was signed out',
      async () => {
        const { refresh_token } = await signInWith(app, client);
        await call(app, 'POST', '/auth/logout', { body: { refresh_token } });
        return refresh_token;
      },
    ],
    [
      'the token of a disabled user',
      async () => {
        const { refresh_token, user } = await signInWith(app, client);
        await call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body: { disabled: true } });
        return refresh_token;
      },
    ],
    [
      'the token of a deleted user',
      async () => {
        const { refresh_token, user } = await signInWith(app, client);
        await call(app, 'DELETE', `/users/${user.id}`, { token: admin.access_token });
        return refresh_token;
      },
    ],
  ])('refuses %s', async (_, token) => {
    admin = await login(app, admin.user.email);
    await expectOAuthError(oauthRefresh(app, client, { refresh_token: await token() }), 400, 'invalid_grant');
  });

  it('refuses a session that was idle for too long', async () => {
    const session = await signInWith(app, client);
    app.clock.advanceSeconds(31 * 24 * 60 * 60);
    await expectOAuthError(oauthRefresh(app, client, session), 400, 'invalid_grant');
    admin = await login(app, admin.user.email);
  });

  it('needs a token, and has no scope to give', async () => {
    const { refresh_token } = await signInWith(app, client);
    await expectOAuthError(
      post(app, '/oauth/token', { grant_type: 'refresh_token' }, basic(client)),
      400,
      'invalid_request',
    );
    const form = { grant_type: 'refresh_token', refresh_token, scope: 'a' };
    await expectOAuthError(post(app, '/oauth/token', form, basic(client)), 400, 'invalid_scope');
  });
});

describe('the client_credentials grant', () => {
  const ask = (parameters: Record<string, string> = {}) =>
    post(app, '/oauth/token', { grant_type: 'client_credentials', ...parameters }, basic(client));

  it.each<[string, Record<string, string>, string]>([
    ['all of the registered scope if it asks for none', {}, 'a b c'],
    ['as much as it asks for', { scope: 'c a' }, 'c a'],
  ])('gives %s, and no refresh token', async (_, parameters, scope) => {
    const { body } = await ask(parameters);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope });
  });

  it('has no scope in the response to a client without scopes', async () => {
    const { body } = await post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic(other));
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
  });

  it.each(['d', 'a d', 'A', ' a', 'a  b', 'a"', 'a\\', 'é'])('refuses the scope %j', async (scope) => {
    await expectOAuthError(ask({ scope }), 400, 'invalid_scope');
  });

  it('gives a token of which nobody is the user: what needs one says so', async () => {
    const token = await serviceToken(app, client);
    for (const [method, path] of [
      ['GET', '/notes'],
      ['GET', '/auth/me'],
      ['GET', '/auth/sessions'],
      ['POST', '/auth/logout-all'],
      ['POST', '/auth/logout'],
    ] as const) {
      await expectProblem(call(app, method, path, { token }), 403, 'user_required');
    }
    const body = { title: 'A note of nobody' };
    await expectProblem(call(app, 'POST', '/notes', { token, body }), 403, 'user_required');
  });

  it('gives the registered role, which guards enforce as a user’s', async () => {
    const plain = await serviceToken(app, client);
    await expectProblem(call(app, 'GET', '/users', { token: plain }), 403, 'forbidden');
    await expectProblem(call(app, 'GET', '/admin/clients', { token: plain }), 403, 'forbidden');

    const token = await serviceToken(app, await newClient(app, admin, { role: 'admin', scope: 'admin' }));
    expect((await call(app, 'GET', '/users', { token })).status).toBe(200);
    const body = { email: newEmail(), password: goodPassword };
    expect((await call(app, 'POST', '/users', { token, body })).status).toBe(201);
  });

  it('gives a token that ends', async () => {
    const token = await serviceToken(app, await newClient(app, admin, { role: 'admin', scope: 'admin' }));
    app.clock.advanceSeconds(15 * 60);
    await expectProblem(call(app, 'GET', '/users', { token }), 401, 'token_expired');
    admin = await login(app, admin.user.email);
  });

  it('is not for public clients: such a one cannot even be registered', async () => {
    const response = createClient(app, admin, {
      token_endpoint_auth_method: 'none',
      grant_types: ['client_credentials'],
    });
    const { body } = await expectProblem(response, 400, 'validation_failed');
    expect(body.errors).toMatchObject([{ path: 'grant_types' }]);
  });
});
