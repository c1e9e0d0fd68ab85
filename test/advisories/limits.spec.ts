import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Answer } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

/** One proxy names the address. */
const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1', LIMIT_ACCOUNT_FAILURES: '3/1d', LIMIT_ADDRESS_FAILURES: '5/1h' };

let database: TestDatabase;
let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  [app, other] = await Promise.all([startApp({ env, database }), startApp({ env, database })]);
});
afterAll(async () => {
  await Promise.all([app.close(), other.close()]);
  await database.drop();
});

let addresses = 0;
/** One that no test has used. */
const newAddress = () => `198.51.${++addresses >> 8}.${addresses & 255}`;

interface Attempt {
  password?: string;
  from?: string;
  device?: string;
  on?: TestApp;
}

const signIn = (email: string, { password = 'wrong password', from = newAddress(), device, on = app }: Attempt = {}) =>
  call(on, 'POST', '/auth/login', {
    body: { email, password },
    headers: { 'x-forwarded-for': from, ...(device && { 'pawl-device': device }) },
  });

/** As if every account that has failed had done so ten times: its next failure makes it refuse for 256 seconds. */
const tenFailures = () => database.query(`UPDATE rate_limits SET points = 10 WHERE key LIKE 'pawl:account-failures:%'`);

async function lock(email: string): Promise<void> {
  await expectProblem(signIn(email), 401, 'invalid_credentials');
  await tenFailures();
  await expectProblem(signIn(email), 401, 'invalid_credentials');
}

const count = (responses: readonly Answer[], status: number) =>
  responses.filter((response) => response.status === status).length;

describe('guesses at one account', () => {
  it('CVE-2024-4629 (Keycloak): parallel guesses get no more tries than guesses in turn', async () => {
    const { user } = await register(app);
    const guesses = await Promise.all(Array.from({ length: 40 }, () => signIn(user.email)));
    expect(count(guesses, 401)).toBeLessThanOrEqual(4);
    expect(count(guesses, 401) + count(guesses, 429) + count(guesses, 503)).toBe(40);
  });

  it('CVE-2023-47111 (ZITADEL): nor do they when they are spread over instances', async () => {
    const { user } = await register(app);
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, i) => signIn(user.email, { on: i % 2 === 0 ? app : other })),
    );
    // Each instance may have one guess in progress when the account begins to refuse.
    expect(count(guesses, 401)).toBeLessThanOrEqual(5);
    await expectProblem(signIn(user.email, { on: other }), 429, 'rate_limited');
  });

  it('CVE-2021-3513 (Keycloak): a locked account does not reveal whether a password is right', async () => {
    const { user } = await register(app);
    await lock(user.email);
    const [right, wrong] = [await signIn(user.email, { password: goodPassword }), await signIn(user.email)];
    for (const response of [right, wrong]) await expectProblem(response, 429, 'rate_limited');
    expect({ ...right.body, instance: '' }).toEqual({ ...wrong.body, instance: '' });
  });

  it('CVE-2024-1722 (Keycloak): a stranger cannot lock the owner out of a device that the account knows', async () => {
    const { user } = await register(app);
    const { headers } = await signIn(user.email, { password: goodPassword });
    const device = headers.get('pawl-device')!;
    await lock(user.email);
    await expectProblem(signIn(user.email, { password: goodPassword }), 429, 'rate_limited');
    await expectStatus(signIn(user.email, { password: goodPassword, device }), 200);
  });
});

describe('guesses from one address', () => {
  /** Uses up what the address may fail. */
  async function exhaust(from: string): Promise<void> {
    for (let i = 0; i < 5; i++) await expectProblem(signIn(newEmail(), { from }), 401, 'invalid_credentials');
    await expectProblem(signIn(newEmail(), { from }), 429, 'rate_limited');
  }

  const guessAt = (path: string, from: string, body: object = {}) =>
    rawCall(app, {
      method: 'POST',
      path,
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Forwarded-For', from],
      ],
      body: JSON.stringify({ email: newEmail(), password: 'wrong password', ...body }),
    });

  it('CVE-2023-38507 (Strapi): another spelling of the path is not another limit', async () => {
    const from = newAddress();
    await exhaust(from);
    for (const path of [
      '/auth/login/',
      '/AUTH/login',
      '/auth/Login',
      '/auth/login?x=1',
      '/auth/%6cogin',
      '/auth/login#x',
    ]) {
      const { status } = await guessAt(path, from);
      expect([path, status === 429 || status === 404 || status === 400]).toEqual([path, true]);
    }
  });

  it('GHSA-x732-6j76-qmhm (better-auth): nor is one with doubled slashes', async () => {
    const from = newAddress();
    await exhaust(from);
    for (const path of ['//auth/login', '/auth//login', '/auth/login//', '/./auth/login', '/auth/../auth/login']) {
      const { status } = await guessAt(path, from);
      expect([path, status === 429 || status === 404 || status === 400]).toEqual([path, true]);
    }
  });

  it('CVE-2025-64526 (Strapi): a field of the body does not choose which limit counts', async () => {
    const from = newAddress();
    await exhaust(from);
    await expectProblem(guessAt('/auth/login', from), 429, 'rate_limited');
    for (const field of ['identifier', 'username', 'ip', 'key']) {
      const { status } = await guessAt('/auth/login', from, { [field]: newEmail() });
      expect([field, status]).toEqual([field, 400]); // refused before the password is looked at
    }
    const token = { token: 'x'.repeat(43), password: goodPassword, email: newEmail() };
    await expectProblem(
      call(app, 'POST', '/auth/password/reset', { body: token, headers: { 'x-forwarded-for': from } }),
      400,
      'validation_failed',
    );
  });

  it('CVE-2026-45364 (better-auth): addresses of one IPv6 network, and other spellings of one, count together', async () => {
    const network = '2001:db8:45:364';
    for (let i = 0; i < 5; i++) {
      await expectProblem(signIn(newEmail(), { from: `${network}::${i + 1}` }), 401, 'invalid_credentials');
    }
    for (const from of [
      `${network}:ffff:ffff:ffff:ffff`,
      `${network.toUpperCase()}::1`,
      '2001:0db8:0045:0364:0000:0000:0000:0001',
      `[${network}::1]:4711`,
    ]) {
      await expectProblem(signIn(newEmail(), { from }), 429, 'rate_limited');
    }
    const four = newAddress();
    await exhaust(four);
    await expectProblem(signIn(newEmail(), { from: `::ffff:${four}` }), 429, 'rate_limited');
  });
});

describe('the address of a caller', () => {
  it('CVE-2024-47070 (authentik): a forwarded address that cannot be read does not replace the password', async () => {
    const { user } = await register(app);
    for (const from of ['a', '', ',', 'unknown', '999.999.999.999', '::::', '\u00ff', 'null', '127.0.0.1, a']) {
      await expectProblem(signIn(user.email, { from }), 401, 'invalid_credentials');
      await database.query('DELETE FROM rate_limits');
    }
  });

  it('CVE-2023-36456 (authentik): without TRUST_PROXY, nobody chooses the address that is recorded for them', async () => {
    const direct = await startAppForTest();
    const { user } = await register(direct);
    const headers = {
      'x-forwarded-for': '203.0.113.77',
      'x-real-ip': '203.0.113.77',
      forwarded: 'for=203.0.113.77',
      'cf-connecting-ip': '203.0.113.77',
      'true-client-ip': '203.0.113.77',
    };
    const body = { email: user.email, password: goodPassword };
    const { access_token: token } = await expectStatus(call(direct, 'POST', '/auth/login', { body, headers }), 200);
    const { sessions } = await expectStatus(call(direct, 'GET', '/auth/sessions', { token }), 200);
    expect(JSON.stringify(sessions)).not.toContain('203.0.113.77');
    expect(JSON.stringify(await direct.db.query('SELECT ip FROM audit_events'))).not.toContain('203.0.113.77');
  });
});
