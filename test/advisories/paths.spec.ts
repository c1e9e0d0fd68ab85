import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectStatus, makeAdmin, register } from '../support/http.js';
import { rawCall } from '../support/raw-http.js';

/** Of each kind: what needs a user, an admin, and a service. */
const closed = [
  '/auth/me',
  '/auth/sessions',
  '/notes',
  '/users',
  '/admin/clients',
  '/admin/audit',
  '/oauth/revocations',
];

let app: TestApp;
let admin: Tokens;
let user: Tokens;
beforeAll(async () => {
  app = await startApp();
  [admin, user] = [await makeAdmin(app), await register(app)];
});
afterAll(() => app.close());

/** Nobody gets in by another spelling of a path: neither without a token, nor as a user where an admin is needed. */
async function expectClosed(spell: (path: string) => string[], method = 'GET'): Promise<void> {
  for (const path of closed) {
    for (const spelling of spell(path)) {
      const { status } = await rawCall(app, { method, path: spelling });
      expect([spelling, [400, 401, 404].includes(status)]).toEqual([spelling, true]);
      if (!path.startsWith('/users') && !path.startsWith('/admin')) continue;
      const headers = [['Authorization', `Bearer ${user.access_token}`]] as const;
      const asUser = await rawCall(app, { method, path: spelling, headers });
      expect([spelling, [400, 403, 404].includes(asUser.status)]).toEqual([spelling, true]);
    }
  }
}

/** `/auth/me` with its last letter as `%65`. */
const encodedLetter = (path: string) => `${path.slice(0, -1)}%${path.charCodeAt(path.length - 1).toString(16)}`;

it('CVE-2025-69211 (NestJS): a path with percent-encoded letters is as closed as the plain one', async () => {
  await expectClosed((path) => [
    encodedLetter(path),
    encodedLetter(path).toUpperCase(),
    path.replace('/', '/%2e/'),
    path.replaceAll('/', '%2f'),
  ]);
});

it('CVE-2026-33011 (NestJS): HEAD is as closed as GET, and does nothing more', async () => {
  await expectClosed((path) => [path, `${path}?limit=1`], 'HEAD');
  const headers = [['Authorization', `Bearer ${user.access_token}`]] as const;
  expect((await rawCall(app, { method: 'HEAD', path: '/auth/me', headers })).body).toBeUndefined();
});

it('CVE-2026-54281 (NestJS): a trailing slash opens nothing', async () => {
  await expectClosed((path) => [`${path}/`, `${path}//`, `${path}/?`, `${path}/.`]);
});

it('CVE-2026-2293 (NestJS): nor do doubled slashes, semicolons or another case', async () => {
  await expectClosed((path) => [`/${path}`, path.replaceAll('/', '//'), `${path};`, `${path};x=1`, path.toUpperCase()]);
});

it('CVE-2026-123797 (SuperTokens): a path under a name that does not exist reaches no route, whatever version is asked for', async () => {
  await expectClosed((path) => [`/ghost${path}`, `/ghost-tenant/public${path}`, `/../ghost${path}`]);
  for (const version of ['1.0', '2.7', '99', '']) {
    const headers = [
      ['cdi-version', version],
      ['api-version', version],
      ['Accept', `application/json; version=${version}`],
    ] as const;
    expect((await rawCall(app, { path: '/users', headers })).status).toBe(401);
    expect((await rawCall(app, { path: '/ghost/users', headers })).status).toBe(404);
  }
  await expectStatus(call(app, 'GET', '/users', { token: admin.access_token }), 200);
});
