import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, login, makeAdmin, refresh, register } from '../support/http.js';
import type { RegisteredClient } from './clients.js';
import { basic, expectOAuthError, introspect, issuer, newClient, post, serviceToken, signInWith } from './clients.js';

let app: TestApp;
let admin: Tokens;
/** A resource server, which may only introspect. */
let api: RegisteredClient;

beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
  api = await newClient(app, admin, { grant_types: [] });
});
afterAll(() => app.close());

const look = (token: string) => introspect(app, api, token);
const inactive = { active: false };

async function storedVersions(session: Tokens) {
  return app.db.query('SELECT xmin, generation, revoked_at FROM sessions WHERE id = $1', [session.session_id]);
}

describe('an access token', () => {
  it('of a user is described by its claims', async () => {
    const { access_token, session_id, user } = await register(app);
    const { iat, exp, jti, ...rest } = await look(access_token);
    expect(rest).toEqual({
      active: true,
      token_use: 'access_token',
      token_type: 'Bearer',
      client_id: 'pawl',
      iss: issuer,
      aud: issuer,
      sub: user.id,
      user_id: user.id,
      sid: session_id,
      role: 'user',
      auth_time: expect.any(Number),
      amr: ['pwd'],
      acr: 'aal1',
    });
    expect((exp as number) - (iat as number)).toBe(900);
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('of a service is described without a user', async () => {
    const service = await newClient(app, admin, { role: 'admin', scope: 'a' });
    const shown = await look(await serviceToken(app, service));
    expect(shown).toMatchObject({
      active: true,
      sub: service.client_id,
      client_id: service.client_id,
      role: 'admin',
      scope: 'a',
    });
    for (const absent of ['user_id', 'sid', 'auth_time', 'amr', 'acr']) expect(shown).not.toHaveProperty(absent);
  });

  it.each<[string, (tokens: Tokens) => Promise<{ status: number }>]>([
    ['signed out', ({ access_token: token }) => call(app, 'POST', '/auth/logout', { token })],
    ['signed out everywhere', ({ access_token: token }) => call(app, 'POST', '/auth/logout-all', { token })],
    [
      'disabled',
      ({ user }) => call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body: { disabled: true } }),
    ],
    [
      'given another role',
      ({ user }) => call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body: { role: 'admin' } }),
    ],
    ['deleted', ({ user }) => call(app, 'DELETE', `/users/${user.id}`, { token: admin.access_token })],
  ])('of a user who was %s is not active', async (_, happens) => {
    const tokens = await register(app);
    expect(await look(tokens.access_token)).toMatchObject({ active: true });
    expect([200, 204]).toContain((await happens(tokens)).status);
    expect(await look(tokens.access_token)).toEqual(inactive);
  });

  it('that has expired is not active', async () => {
    const { access_token } = await register(app);
    app.clock.advanceSeconds(15 * 60);
    expect(await look(access_token)).toEqual(inactive);
    admin = await login(app, admin.user.email);
  });
});

describe('a refresh token', () => {
  it('is described, and cannot be mistaken for an access token', async () => {
    const { refresh_token, session_id, user } = await register(app);
    const { iat, exp, ...rest } = await look(refresh_token);
    const token = {
      active: true,
      token_use: 'refresh_token',
      client_id: 'pawl',
      iss: issuer,
      sub: user.id,
      sid: session_id,
    };
    expect(rest).toEqual(token);
    expect((exp as number) - (iat as number)).toBe(30 * 24 * 60 * 60);
  });

  it('is active while a refresh would succeed: current, held, replayed, recovered', async () => {
    const first = await register(app);
    const { body: second } = await refresh(app, first.refresh_token);
    expect(await look(second.refresh_token)).toMatchObject({ active: true });
    expect(await look(first.refresh_token)).toMatchObject({ active: true });
    app.clock.advanceSeconds(60);
    expect(await look(first.refresh_token)).toMatchObject({ active: true });
    expect(await look(second.refresh_token)).toMatchObject({ active: true });
  });

  it('whose use would be a reuse is not active, and introspecting it ends nothing', async () => {
    const first = await register(app);
    const { body: second } = await refresh(app, first.refresh_token);
    app.clock.advanceSeconds(60);
    const { body: third } = await refresh(app, (second as Tokens).refresh_token);
    const before = await storedVersions(first);
    expect(await look(first.refresh_token)).toEqual(inactive);
    expect(await storedVersions(first)).toEqual(before);
    expect((await call(app, 'GET', '/notes', { token: (third as Tokens).access_token })).status).toBe(200);
  });

  it('is not used up by introspection', async () => {
    const session = await register(app);
    const before = await storedVersions(session);
    for (let i = 0; i < 3; i++) await look(session.refresh_token);
    expect(await storedVersions(session)).toEqual(before);
  });

  it('of another client is described to every confidential client', async () => {
    const client = await newClient(app, admin);
    const { refresh_token } = await signInWith(app, client);
    expect(await look(refresh_token)).toMatchObject({ active: true, client_id: client.client_id });
  });

  it('of a session that has ended is not active', async () => {
    const { refresh_token } = await register(app);
    await call(app, 'POST', '/auth/logout', { body: { refresh_token } });
    expect(await look(refresh_token)).toEqual(inactive);
  });
});

it.each(['nonsense', 'a.b.c', `pwl1_${'A'.repeat(128)}`, 'eyJhbGciOiJub25lIn0.e30.', 'x'.repeat(10_000)])(
  'anything else is not active: %.20s',
  async (token) => {
    expect(await look(token)).toEqual(inactive);
  },
);

describe('the caller of introspection', () => {
  it('is a confidential client (RFC 7662 section 2.1: otherwise anybody could try tokens)', async () => {
    const { access_token: token } = await register(app);
    const open = await newClient(app, admin, { token_endpoint_auth_method: 'none', grant_types: ['refresh_token'] });
    await expectOAuthError(post(app, '/oauth/introspect', { token }), 401, 'invalid_client');
    await expectOAuthError(post(app, '/oauth/introspect', { token, client_id: 'pawl' }), 401, 'invalid_client');
    await expectOAuthError(post(app, '/oauth/introspect', { token, client_id: open.client_id }), 401, 'invalid_client');
    await expectOAuthError(
      post(app, '/oauth/introspect', { token }, basic({ ...api, client_secret: 'x' })),
      401,
      'invalid_client',
    );
    const bearer = [['Authorization', `Bearer ${token}`]] as const;
    await expectOAuthError(post(app, '/oauth/introspect', { token }, bearer), 401, 'invalid_client');
  });

  it('must send a token', async () => {
    await expectOAuthError(post(app, '/oauth/introspect', {}, basic(api)), 400, 'invalid_request');
  });

  it('needs no grant, and then gets no tokens of its own', async () => {
    await expectOAuthError(
      post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic(api)),
      400,
      'unauthorized_client',
    );
  });
});
