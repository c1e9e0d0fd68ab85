import type { OpenAPIObject } from '@nestjs/swagger';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  newEmail,
  register,
} from '../support/http.js';
import type { RegisteredClient } from './clients.js';
import { basic, introspect, newClient, oauthRefresh, post, serviceToken, signInWith } from './clients.js';

let app: TestApp;
let admin: Tokens;
let backend: RegisteredClient;
let mobileApp: RegisteredClient;
beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
  backend = await newClient(app, admin, { scope: 'account admin invoices:read' });
  mobileApp = await newClient(app, admin, {
    client_name: 'The mobile app',
    token_endpoint_auth_method: 'none',
    grant_types: ['refresh_token'],
    scope: 'account invoices:read',
  });
});
afterAll(() => app.close());

const claimsOf = ({ access_token }: Pick<Tokens, 'access_token'>) =>
  JSON.parse(Buffer.from(access_token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;

describe('a confidential client’s id in a sign-in', () => {
  const attempts: [string, () => Record<string, string>][] = [
    ['without its secret', () => ({})],
    ['with a wrong secret', () => Object.fromEntries(basic({ ...backend, client_secret: 'pwls_wrong' }))],
    ['with another client’s secret', () => ({ authorization: `Basic ${btoa(`${mobileApp.client_id}:x`)}` })],
    ['with the secret as a bearer token', () => ({ authorization: `Bearer ${backend.client_secret}` })],
  ];

  it.each(attempts)('%s gets none of its tokens: neither by registering nor by signing in', async (_, headersOf) => {
    const { user } = await register(app);
    for (const [path, email] of [
      ['/auth/register', newEmail()],
      ['/auth/login', user.email],
    ] as const) {
      const body = { email, password: goodPassword, client_id: backend.client_id };
      const answer = await expectProblem(
        call(app, 'POST', path, { body, headers: headersOf() }),
        400,
        'validation_failed',
      );
      expect(answer.body.errors).toMatchObject([{ path: 'client_id' }]);
    }
    expect(await app.db.query('SELECT FROM sessions WHERE client_id = $1', [backend.client_id])).toEqual([]);
  });

  it('of private_key_jwt cannot be proven here, so it is refused', async () => {
    const jwks = { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k', ...(await publicPoint()) }] };
    const client = await newClient(app, admin, { token_endpoint_auth_method: 'private_key_jwt', jwks });
    const body = { email: newEmail(), password: goodPassword, client_id: client.client_id };
    await expectProblem(call(app, 'POST', '/auth/register', { body }), 400, 'validation_failed');
  });

  it('with its secret starts a session that it alone refreshes', async () => {
    const session = await signInWith(app, backend);
    expect((await oauthRefresh(app, backend, session)).status).toBe(200);
  });
});

it('a public client may be named by anybody', async () => {
  const session = await signInWith(app, { client_id: mobileApp.client_id });
  const form = { grant_type: 'refresh_token', refresh_token: session.refresh_token, client_id: mobileApp.client_id };
  await expectStatus(post(app, '/oauth/token', form), 200);
});

describe('the scope of a session', () => {
  it('is what the sign-in asked for, and never wider: not by a refresh either', async () => {
    const session = await signInWith(app, backend, { scope: 'invoices:read' });
    expect(claimsOf(session)['scope']).toBe('invoices:read');
    const { body } = await oauthRefresh(app, backend, session);
    expect(body).toMatchObject({ scope: 'invoices:read' });
    expect(claimsOf(body as Tokens)['scope']).toBe('invoices:read');
    expect(await introspect(app, backend, (body as Tokens).access_token)).toMatchObject({ scope: 'invoices:read' });
  });

  it('is all that the client is registered for if the sign-in does not say', async () => {
    expect(claimsOf(await signInWith(app, backend))['scope']).toBe('account admin invoices:read');
  });

  it.each([
    ['more than the client may have', () => ({ client_id: mobileApp.client_id, scope: 'admin' })],
    ['anything for the built-in client', () => ({ scope: 'account' })],
    ['not a scope', () => ({ client_id: mobileApp.client_id, scope: 'a  "b"' })],
  ])('cannot be %s', async (_, fields) => {
    const body = { email: newEmail(), password: goodPassword, ...fields() };
    const answer = await expectProblem(call(app, 'POST', '/auth/register', { body }), 400, 'validation_failed');
    expect(answer.body.errors).toMatchObject([{ path: 'scope' }]);
  });

  it('is absent in tokens of the built-in client', async () => {
    expect(claimsOf(await register(app))).not.toHaveProperty('scope');
  });
});

describe('Pawl’s own routes', () => {
  const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
  /** A route that only its bearer can call, but that no account or user is behind. */
  const forEveryClient = /^\/notes/;
  /** What the holder of a session's tokens does with them. */
  const forAnyToken = ['/auth/logout', '/auth/refresh', '/auth/session', '/auth/email/verify', '/auth/email/link'];

  /** Every operation of the account and of admins, as the document has them. */
  async function ownOperations(): Promise<[method: string, path: string][]> {
    const document = (await call(app, 'GET', '/docs-json')).body as OpenAPIObject;
    return Object.entries(document.paths)
      .filter(([path]) => !forEveryClient.test(path) && !path.startsWith('/oauth/'))
      .flatMap(([path, item]) =>
        methods
          .filter((m) => item[m]?.security?.some((scheme) => 'bearer' in scheme))
          .map((m): [string, string] => [m.toUpperCase(), path]),
      )
      .filter(([, path]) => !forAnyToken.includes(path));
  }

  it('are closed to the session of a registered client without their scope, even if its user is an admin', async () => {
    const { user } = await signInWith(app, backend);
    await app.db.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [user.id]);
    const body = { email: user.email, password: goodPassword, client_id: backend.client_id, scope: 'invoices:read' };
    const headers = Object.fromEntries(basic(backend));
    const { access_token: token } = (await expectStatus(
      call(app, 'POST', '/auth/login', { body, headers }),
      200,
    )) as Tokens;
    const operations = await ownOperations();
    expect(operations.length).toBeGreaterThan(20);
    for (const [method, path] of operations) {
      const target = path.replace('{id}', '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e');
      const answer = await call(app, method, target, { token, body: method === 'GET' ? undefined : {} });
      expect([method, path, answer.status, answer.body?.code]).toEqual([method, path, 403, 'insufficient_scope']);
      expect(answer.headers.get('www-authenticate')).toMatch(/error="insufficient_scope", scope="(account|admin)"$/);
    }
    // Confirming an address is public, and such a token counts as none there.
    expect((await call(app, 'GET', '/auth/session', { token })).body).toEqual({ user: null });
    expect((await call(app, 'GET', '/notes', { token })).status).toBe(200);
    expect(await expectStatus(call(app, 'GET', '/auth/session', { token }), 200)).toEqual({ user: null });
  });

  it('are open to it with the scope: the account, and for admins the users', async () => {
    const { user } = await signInWith(app, backend);
    await app.db.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [user.id]);
    const headers = Object.fromEntries(basic(backend));
    const signIn = async (scope: string) => {
      const body = { email: user.email, password: goodPassword, client_id: backend.client_id, scope };
      return ((await expectStatus(call(app, 'POST', '/auth/login', { body, headers }), 200)) as Tokens).access_token;
    };
    const status = async (path: string, token: string) => (await call(app, 'GET', path, { token })).status;
    const [account, adminScope] = [await signIn('account'), await signIn('admin')];
    expect([await status('/auth/me', account), await status('/users', account)]).toEqual([200, 403]);
    expect([await status('/auth/me', adminScope), await status('/users', adminScope)]).toEqual([403, 200]);
  });

  it('are closed to an admin client that asked for scope=invoices:read', async () => {
    const service = await newClient(app, admin, { role: 'admin', scope: 'admin invoices:read' });
    const narrow = await serviceToken(app, service, { scope: 'invoices:read' });
    await expectProblem(call(app, 'GET', '/users', { token: narrow }), 403, 'insufficient_scope');
    expect((await call(app, 'GET', '/users', { token: await serviceToken(app, service) })).status).toBe(200);
  });

  it('stay open to the built-in client, without any scope', async () => {
    const { user, access_token: token } = await register(app);
    expect((await call(app, 'GET', '/auth/me', { token })).status).toBe(200);
    expect(user).toBeDefined();
  });
});

it('GET /auth/sessions names the client of each session', async () => {
  const { user } = await signInWith(app, { client_id: mobileApp.client_id });
  const { access_token: token } = await login(app, user.email);
  const { sessions } = await expectStatus(call(app, 'GET', '/auth/sessions', { token }), 200);
  expect(sessions).toMatchObject([
    { client_id: 'pawl', client_name: 'Pawl', current: true },
    { client_id: mobileApp.client_id, client_name: 'The mobile app', current: false },
  ]);
});

async function publicPoint(): Promise<{ x: string; y: string }> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  return { x: x!, y: y! };
}
