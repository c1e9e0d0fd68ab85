import { decodeJwt } from 'jose';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, newEmail } from '../support/http.js';
import { Browser, newVerifier, signInAsApp, signInWithCookies } from './browser.js';
import type { Upstream } from './upstream.js';
import { corpSettings, startUpstream } from './upstream.js';

let upstream: Upstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startUpstream({ sub: 'ada' });
  app = await startApp({ env: corpSettings(upstream, { CORS_ORIGINS: 'https://app.example.com' }) });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

/** Somebody new at the provider. */
function arrive(more: Partial<Upstream['person']> = {}): string {
  const email = more.email ?? newEmail();
  upstream.person = { sub: email, email, email_verified: true, name: 'Ada', ...more };
  return email;
}

it('the list names every provider', async () => {
  const { status, body } = await call(app, 'GET', '/auth/providers');
  expect({ status, body }).toEqual({ status: 200, body: { providers: [{ id: 'corp', name: 'Corp' }] } });
});

it('a browser ends at return_to, signed in with cookies, and no token was in any URL', async () => {
  const email = arrive();
  const browser = new Browser(app);
  const end = await signInWithCookies(browser, 'corp', 'https://app.example.com/welcome?lang=en');
  expect(end.href).toBe('https://app.example.com/welcome?lang=en');
  const session = await browser.call('GET', '/auth/session');
  expect(session.body).toMatchObject({ user: { email, email_verified: true, name: 'Ada' } });
  expect(browser.cookies('__Host-pawl_provider')).toEqual([]);
  for (const name of ['__Host-pawl_access', '__Host-pawl_refresh']) {
    expect(browser.visited.join('\n')).not.toContain(browser.cookie(name)!);
  }
});

it('an app gets a one-time code, and tokens for it with its verifier', async () => {
  const email = arrive();
  const { status, body } = await signInAsApp(new Browser(app));
  expect({ status, body }).toMatchObject({ status: 200, body: { user: { email }, refresh_token: expect.any(String) } });
  expect(decodeJwt(body.access_token as string)).toMatchObject({ amr: ['fed'], acr: 'aal1' });
});

it('the same person comes back to the same account, also with another address', async () => {
  const email = arrive();
  const first = await signInAsApp(new Browser(app));
  upstream.person.email = newEmail();
  const second = await signInAsApp(new Browser(app));
  expect(second.body.user).toEqual(first.body.user);
  expect(second.body.user.email).toBe(email);
});

it('somebody else at the provider with the address of before gets an account of their own or none', async () => {
  const email = arrive();
  const first = await signInAsApp(new Browser(app));
  upstream.person = { sub: 'somebody else', email, email_verified: false };
  expect(await signInAsApp(new Browser(app))).toMatchObject({ body: { code: 'account_exists' } });
  expect(first.status).toBe(200);
});

it('a one-time code works once, only with its own verifier, and for two minutes', async () => {
  arrive();
  const { verifier, challenge } = newVerifier();
  const begin = async () => {
    const browser = new Browser(app);
    const end = await browser.open(`/auth/providers/corp/start?code_challenge=${challenge}&return_to=/done`);
    return (body: object) =>
      browser.call('POST', '/auth/providers/exchange', { ...body, code: end.searchParams.get('code') });
  };
  const exchange = await begin();
  const refused = { status: 400, body: { code: 'exchange_code_invalid' } };
  expect(await exchange({ verifier: newVerifier().verifier })).toMatchObject(refused);
  expect(await exchange({})).toMatchObject(refused);
  expect(await exchange({ verifier })).toMatchObject({ status: 200 });
  expect(await exchange({ verifier })).toMatchObject(refused);
  const late = await begin();
  app.clock.advanceSeconds(121);
  expect(await late({ verifier })).toMatchObject(refused);
});

it('a person who declines comes back with an error, and without a session', async () => {
  arrive();
  upstream.declines = true;
  const browser = new Browser(app);
  const end = await signInWithCookies(browser);
  upstream.declines = false;
  expect(end.search).toBe('?error=provider_denied');
  expect((await browser.call('GET', '/auth/session')).body).toEqual({ user: null });
});
