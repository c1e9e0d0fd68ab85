import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail } from '../support/http.js';
import { rawCall } from '../support/raw-http.js';
import { cookiesOf } from './cookies.js';

// Cookies do not distinguish ports: a browser sends the cookies of one service on localhost to the other as well.
let one: TestApp;
let two: TestApp;
const sent = new Map<string, string>();

beforeAll(async () => {
  one = await startApp({ env: { RATE_LIMITS: 'on' } });
  two = await startApp({ env: { RATE_LIMITS: 'on', COOKIE_PREFIX: 'staging-2' } });
});
afterAll(async () => {
  await one.close();
  await two.close();
});

function keep(response: Answer): void {
  for (const [name, { value, attributes }] of Object.entries(cookiesOf(response))) {
    if (attributes['max-age'] === '0') sent.delete(name);
    else sent.set(name, value);
  }
}

async function browse(app: TestApp, method: string, path: string): Promise<Answer> {
  const cookie = [...sent].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await rawCall(app, { method, path, headers: [['Cookie', cookie]] });
  keep(response);
  return response;
}

async function registerAt(app: TestApp): Promise<void> {
  const body = { email: newEmail(), password: goodPassword, delivery: 'cookie' };
  keep(await call(app, 'POST', '/auth/register', { body }));
}

it('two services on one host do not sign each other’s users out', async () => {
  await registerAt(one);
  await registerAt(two);
  expect([...sent.keys()].sort()).toEqual([
    '__Host-pawl_access',
    '__Host-pawl_device',
    '__Host-pawl_refresh',
    '__Host-staging-2_access',
    '__Host-staging-2_device',
    '__Host-staging-2_refresh',
  ]);
  for (const app of [one, two]) {
    await expectStatus(browse(app, 'GET', '/auth/me'), 200);
    await expectStatus(browse(app, 'POST', '/auth/refresh'), 200);
  }
  await expectStatus(browse(one, 'POST', '/auth/logout'), 204);
  await expectProblem(browse(one, 'GET', '/auth/me'), 401, 'token_missing');
  await expectStatus(browse(two, 'GET', '/auth/me'), 200);
  await expectStatus(browse(two, 'POST', '/auth/refresh'), 200);
});

it('the cross-site check covers the cookies of this prefix', async () => {
  const crossSite = ['Sec-Fetch-Site', 'cross-site'] as const;
  const logout = (cookie: string) =>
    rawCall(two, { method: 'POST', path: '/auth/logout', headers: [['Cookie', cookie], crossSite] });
  await expectProblem(logout('__Host-staging-2_access=x'), 403, 'csrf_rejected');
  await expectProblem(logout('__Host-pawl_access=x'), 401, 'token_missing');
});

it('the OpenAPI document names the cookies of this prefix', async () => {
  const { body } = await call(two, 'GET', '/docs-json');
  expect(JSON.stringify(body)).toContain('"name":"__Host-staging-2_access"');
});
