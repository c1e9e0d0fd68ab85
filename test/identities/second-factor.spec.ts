import { addApp, claimsOf, codeOf, registerWithApp, respond } from '../factors/factor-story.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import { call, expectProblem, expectStatus, newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { Browser, signInAsApp, signInWithCookies } from './browser.js';
import type { Upstream } from './upstream.js';
import { corpSettings, startUpstream } from './upstream.js';

let upstream: Upstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startUpstream({ sub: 'ada' });
  app = await startApp({ env: corpSettings(upstream) });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

/** A user of the provider whose account here has an authenticator app. */
async function withApp(on = app) {
  const user = await registerWithApp(on);
  upstream.person = { sub: user.email, email: user.email, email_verified: true };
  return user;
}

it('an app is asked for the second factor by the exchange, and signs in with it', async () => {
  const user = await withApp();
  const { status, body } = await signInAsApp(new Browser(app));
  expect({ status, code: body.code, factors: body.factors }).toMatchObject({
    status: 401,
    code: 'second_factor_required',
    factors: expect.arrayContaining(['totp']),
  });
  const done = await respond(app, { challenge: body.challenge, code: codeOf(user, app) });
  expect(done.body.user).toMatchObject({ email: user.email });
  expect(claimsOf(done.body)).toMatchObject({ amr: expect.arrayContaining(['fed', 'otp', 'mfa']), acr: 'aal2' });
});

it('a browser gets the challenge for a code that only it can use, and no challenge is in a URL', async () => {
  const user = await withApp();
  const browser = new Browser(app);
  const end = await signInWithCookies(browser);
  expect(end.searchParams.get('error')).toBe('second_factor_required');
  expect((await browser.call('GET', '/auth/session')).body).toEqual({ user: null });
  const body = { code: end.searchParams.get('code'), delivery: 'cookie' };
  // Somebody who has seen the URL has not the cookie.
  expect(await new Browser(app).call('POST', '/auth/providers/exchange', body)).toMatchObject({
    body: { code: 'exchange_code_invalid' },
  });
  const asked = await browser.call('POST', '/auth/providers/exchange', body);
  expect(asked).toMatchObject({ status: 401, body: { code: 'second_factor_required' } });
  expect(browser.visited.join('\n')).not.toContain(asked.body.challenge);
  const response = { challenge: asked.body.challenge, code: codeOf(user, app) };
  expect((await browser.call('POST', '/auth/login/factor', response)).status).toBe(200);
  expect((await browser.call('GET', '/auth/session')).body.user).toMatchObject({ email: user.email });
});

it('a provider that says mfa is not believed unless it is trusted', async () => {
  await withApp();
  upstream.person.amr = ['pwd', 'mfa'];
  expect((await signInAsApp(new Browser(app))).body).toMatchObject({ code: 'second_factor_required' });

  const trusting = await startAppForTest({ env: corpSettings(upstream, { PROVIDER_CORP_TRUSTED_MFA: 'on' }) });
  const theirs = await withApp(trusting);
  upstream.person.amr = ['pwd', 'mfa'];
  const { body } = await signInAsApp(new Browser(trusting));
  expect(body.user).toMatchObject({ email: theirs.email });
  expect(claimsOf(body)).toMatchObject({ amr: ['fed', 'mfa'], acr: 'aal2' });
  upstream.person.amr = ['pwd'];
  expect((await signInAsApp(new Browser(trusting))).body).toMatchObject({ code: 'second_factor_required' });
});

it('a user without a password can have a second factor, which every later sign-in asks for', async () => {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true };
  const first = await signInAsApp(new Browser(app));
  await addApp(app, first.body);
  expect((await signInAsApp(new Browser(app))).body).toMatchObject({ code: 'second_factor_required' });
});

describe('an open challenge', () => {
  const identityOf = async (token: string) =>
    (await expectStatus(call(app, 'GET', '/auth/identities', { token }), 200)).identities[0].id as string;
  const sessionsOf = async (email: string) =>
    (await app.db.query('SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1', [email]))
      .length;

  it('is void after the identity was disconnected, and uses no code up (attack: a stolen account at the provider)', async () => {
    const user = await withApp();
    const { body: asked } = await signInAsApp(new Browser(app));
    const { access_token: token } = user.tokens;
    await expectStatus(call(app, 'DELETE', `/auth/identities/${await identityOf(token)}`, { token }), 204);
    const before = await sessionsOf(user.email);
    const [recovery_code] = user.recoveryCodes;
    for (const response of [{ code: codeOf(user, app) }, { recovery_code }]) {
      const late = respond(app, { challenge: asked.challenge, ...response });
      await expectProblem(late, 401, 'challenge_expired');
    }
    expect(await sessionsOf(user.email)).toBe(before);
    // The provider itself may sign in again, which connects the two again. Code and recovery code are still good.
    const { body: again } = await signInAsApp(new Browser(app));
    await expectStatus(respond(app, { challenge: again.challenge, recovery_code }), 200);
    const { body: third } = await signInAsApp(new Browser(app));
    await expectStatus(respond(app, { challenge: third.challenge, code: codeOf(user, app) }), 200);
  });

  it('is void once what the provider said cannot be opened (attack: keeping the role of before)', async () => {
    const next = 'another-secret-for-tests-of-at-least-32-characters';
    const env = corpSettings(upstream);
    const before = await startAppForTest({ env });
    const at = { database: before.db, clock: before.clock };
    const user = await withApp(before);
    const { body: asked } = await signInAsApp(new Browser(before));
    // An app of before could not be opened either.
    const response = { challenge: asked.challenge, recovery_code: user.recoveryCodes[0] };
    const both = await startAppForTest({ env: { ...env, AUTH_SECRET: `${next},${testSecret}` }, ...at });
    const after = await startAppForTest({ env: { ...env, AUTH_SECRET: next }, ...at });
    await expectProblem(respond(after, response), 401, 'challenge_expired');
    await expectStatus(respond(both, response), 200);
  });

  it('is void after a change of the address', async () => {
    const user = await withApp();
    const { body: asked } = await signInAsApp(new Browser(app));
    await app.db.query('UPDATE users SET email = $2 WHERE email = $1', [user.email, newEmail()]);
    const late = respond(app, { challenge: asked.challenge, code: codeOf(user, app) });
    await expectProblem(late, 401, 'challenge_expired');
  });
});
