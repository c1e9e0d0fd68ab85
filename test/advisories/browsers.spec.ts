import { accessCookie, CookieJar, cookiesOf, refreshCookie } from '../auth/cookies.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, register } from '../support/http.js';
import { rawCall } from '../support/raw-http.js';

const listed = 'https://app.example.com';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ env: { CORS_ORIGINS: listed } });
});
afterAll(() => app.close());

const json = ['Content-Type', 'application/json'] as const;
const crossSite = [
  ['Sec-Fetch-Site', 'cross-site'],
  ['Origin', 'https://evil.example'],
] as const;

async function signedInJar(): Promise<{ jar: CookieJar; email: string }> {
  const { user } = await register(app);
  const jar = new CookieJar(app);
  const body = { email: user.email, password: goodPassword, delivery: 'cookie' };
  jar.keep(await call(app, 'POST', '/auth/login', { body }));
  return { jar, email: user.email };
}

it('CVE-2023-34927 (Casdoor): another site cannot set the password of its visitor', async () => {
  const { jar, email } = await signedInJar();
  const body = JSON.stringify({ current_password: goodPassword, new_password: 'chosen by another site' });
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
    const headers = [['Content-Type', type], ...crossSite] as const;
    const { status, body: problem } = await jar.send({ method: 'POST', path: '/auth/password', headers, body });
    // A body that is not JSON is refused even before.
    expect([status, problem.code]).toEqual(
      type === 'application/json' ? [403, 'csrf_rejected'] : [415, 'unsupported_media_type'],
    );
  }
  await login(app, email);
});

it('CVE-2017-12159 (Keycloak): a token against cross-site requests cannot be brought from another session, as there is none', async () => {
  const [{ jar }, { jar: attacker }] = [await signedInJar(), await signedInJar()];
  for (const extra of [
    ['X-CSRF-Token', attacker.access!],
    ['X-XSRF-Token', attacker.access!],
    ['X-Requested-With', 'XMLHttpRequest'],
  ] as const) {
    const headers = [json, ...crossSite, extra] as const;
    const body = JSON.stringify({ title: 'From another site' });
    await expectProblem(jar.send({ method: 'POST', path: '/notes', headers, body }), 403, 'csrf_rejected');
  }
});

it('CVE-2023-29020 (fastify-passport): another site cannot sign its visitor in, to prepare what follows', async () => {
  const { email } = await signedInJar();
  const body = JSON.stringify({ email, password: goodPassword, delivery: 'cookie' });
  const response = await rawCall(app, { method: 'POST', path: '/auth/login', headers: [json, ...crossSite], body });
  await expectProblem(response, 403, 'csrf_rejected');
  expect(cookiesOf(response)).toEqual({});
});

it('CVE-2022-25896 (Passport): a sign-in does not continue a session that somebody else has put into the browser', async () => {
  const { jar: attacker } = await signedInJar();
  const { user } = await register(app);
  const jar = new CookieJar(app);
  const planted = ['Cookie', `${accessCookie}=${attacker.access}; ${refreshCookie}=${attacker.refresh}`] as const;
  const body = JSON.stringify({ email: user.email, password: goodPassword, delivery: 'cookie' });
  const headers = [json, planted, ['Sec-Fetch-Site', 'same-origin']] as const;
  jar.keep(await rawCall(app, { method: 'POST', path: '/auth/login', headers, body }));
  expect(jar.refresh).not.toBe(attacker.refresh);
  expect((await jar.send({ path: '/auth/me' })).body.email).toBe(user.email);
  const asAttacker = await attacker.send({ path: '/auth/me' });
  expect([asAttacker.status, asAttacker.body.email]).not.toEqual([200, user.email]);
});

it('CVE-2024-41657 (Casdoor): an origin that only contains a listed one may not read responses', async () => {
  const { jar } = await signedInJar();
  for (const origin of [
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://app.example.com@evil.example',
    'https://appXexample.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://sub.app.example.com',
    'null',
    '*',
  ]) {
    const { headers } = await jar.send({ path: '/auth/me', headers: [['Origin', origin]] });
    expect([origin, headers.get('access-control-allow-origin')]).toEqual([origin, null]);
  }
  const { headers } = await jar.send({ path: '/auth/me', headers: [['Origin', listed]] });
  expect(headers.get('access-control-allow-origin')).toBe(listed);
  await expectStatus(call(app, 'GET', '/health/live'), 200);
});
