import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, refresh, registerConfirmed } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { addApp, claimsOf, codeOf, firstFactor, respond } from './factor-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ env: { MFA_REQUIRED_ROLES: 'admin' } });
});
afterAll(() => app.close());

const me = (token: string, on = app) => call(on, 'GET', '/auth/me', { token });

async function newAdmin() {
  const tokens = await registerConfirmed(app);
  await app.db.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [tokens.user.id]);
  return login(app, tokens.user.email);
}

it('until they enrol, users of the role can do that and nothing else', async () => {
  const { access_token: token } = await newAdmin();
  for (const [method, path] of [
    ['GET', '/auth/me'],
    ['GET', '/users'],
    ['GET', '/notes'],
    ['GET', '/auth/sessions'],
    ['POST', '/auth/logout-all'],
    ['POST', '/auth/factors/recovery-codes'],
  ] as const) {
    await expectProblem(call(app, method, path, { token }), 403, 'factor_enrolment_required');
  }
  await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
  await expectStatus(call(app, 'POST', '/auth/step-up', { token, body: { password: goodPassword } }), 200);
  await expectStatus(call(app, 'POST', '/auth/factors/passkeys/options', { token, body: {} }), 200);
});

it('after enrolling, the access token of the response opens everything, and so does a refreshed one', async () => {
  const admin = await newAdmin();
  const { tokens } = await addApp(app, admin);
  await expectStatus(call(app, 'GET', '/users', { token: tokens.access_token }), 200);
  const refreshed = await expectStatus(refresh(app, admin.refresh_token), 200);
  await expectStatus(me(refreshed.access_token), 200);
});

it('other roles are not held up', async () => {
  const { access_token: token } = await registerConfirmed(app);
  await expectStatus(me(token), 200);
});

it('a session from before a role required a factor is held to it at its next request', async () => {
  const { user, ...tokens } = await registerConfirmed(app);
  const admin = await addApp(app, await newAdmin());
  await expectStatus(me(tokens.access_token), 200);
  await expectStatus(
    call(app, 'PATCH', `/users/${user.id}`, { token: admin.tokens.access_token, body: { role: 'admin' } }),
    200,
  );
  await expectProblem(me(tokens.access_token), 401, 'token_revoked');
  const refreshed = await expectStatus(refresh(app, tokens.refresh_token), 200);
  await expectProblem(me(refreshed.access_token), 403, 'factor_enrolment_required');
});

it('a session from before the setting is held to it at its next request, without a query', async () => {
  const before = await startAppForTest();
  const { access_token: token } = await registerConfirmed(before);
  await expectStatus(me(token, before), 200);
  const after = await startAppForTest({ env: { MFA_REQUIRED_ROLES: 'user,admin' }, database: before.db });
  await expectProblem(me(token, after), 403, 'factor_enrolment_required');
  // The table is gone: a query would fail.
  await before.db.query('ALTER TABLE users RENAME TO users_away');
  await expectProblem(me(token, after), 403, 'factor_enrolment_required');
  await before.db.query('ALTER TABLE users_away RENAME TO users');
});

it('a session from before the factor is ended when the factor is added', async () => {
  const admin = await newAdmin();
  const other = await login(app, admin.user.email);
  await addApp(app, admin);
  await expectProblem(refresh(app, other.refresh_token), 401, 'session_revoked');
  await expectProblem(me(other.access_token), 401, 'token_revoked');
});

it('the last factor of such a user cannot be removed', async () => {
  const { tokens } = await addApp(app, await newAdmin());
  const token = tokens.access_token;
  const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
  await expectProblem(
    call(app, 'DELETE', `/auth/factors/${factors[0].id}`, { token }),
    403,
    'factor_enrolment_required',
  );
  await firstFactor(app, tokens.user.email);
});

it('after the last factor is removed, a refreshed token is aal1, so a role that requires a factor later refuses it', async () => {
  const user = await addApp(app, await registerConfirmed(app));
  const { challenge } = await firstFactor(app, user.email);
  const signedIn = await expectStatus(respond(app, { challenge, code: codeOf(user, app) }), 200);
  const token = signedIn.access_token;
  const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
  await expectStatus(call(app, 'DELETE', `/auth/factors/${factors[0].id}`, { token }), 204);
  const refreshed = await expectStatus(refresh(app, signedIn.refresh_token), 200);
  expect(claimsOf(refreshed).acr).toBe('aal1');
});

it('a service with the role needs no factor', async () => {
  const admin = await addApp(app, await newAdmin());
  const client = await expectStatus(
    call(app, 'POST', '/admin/clients', {
      token: admin.tokens.access_token,
      body: {
        client_name: 'job',

        grant_types: ['client_credentials'],
        role: 'admin',
        scope: 'admin',
      },
    }),
    201,
  );
  const response = await fetch(`${app.url}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  await expectStatus(call(app, 'GET', '/users', { token }), 200);
});
