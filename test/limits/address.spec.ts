import { post } from '../oauth/clients.js';
import { logStatements, statementsDuring } from '../sessions/statement-log.js';
import type { TestApp } from '../support/app.js';
import { call, expectProblem, goodPassword, newEmail, refresh, register } from '../support/http.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';

const env = { RATE_LIMITS: 'on', TRUST_PROXY: '1' };

const registering = (app: TestApp, from: string, body: Record<string, unknown> = {}) =>
  call(app, 'POST', '/auth/register', {
    body: { email: newEmail(), password: goodPassword, ...body },
    headers: { 'x-forwarded-for': from },
  });

describe('the limit on registrations', () => {
  it('counts by address, across all instances, and reports what remains', async () => {
    const database = await createDatabaseForTest();
    const settings = { env: { ...env, LIMIT_REGISTER: '3/1h' }, database };
    const [app, other] = [await startAppForTest(settings), await startAppForTest(settings)];
    for (const [on, left] of [
      [app, 2],
      [other, 1],
      [app, 0],
    ] as const) {
      const { status, headers } = await registering(on, '203.0.113.1');
      expect(status).toBe(201);
      expect(headers.get('ratelimit-policy')).toBe('"register";q=3;w=3600');
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"register";r=${left};t=3[56]\\d\\d$`));
    }
    for (const on of [app, other]) {
      const { headers } = await expectProblem(registering(on, '203.0.113.1'), 429, 'rate_limited');
      expect(headers.get('ratelimit')).toBe(`"register";r=0;t=${headers.get('retry-after')}`);
    }
    expect((await registering(app, '203.0.113.2')).status).toBe(201);
  });

  it('also counts requests refused for another reason, so that nobody can probe endlessly which addresses are taken', async () => {
    const app = await startAppForTest({ env: { ...env, LIMIT_REGISTER: '2/1h' } });
    const { user } = await register(app);
    for (let i = 0; i < 2; i++) {
      await expectProblem(registering(app, '203.0.113.1', { email: user.email }), 409, 'email_taken');
    }
    await expectProblem(registering(app, '203.0.113.1', { email: user.email }), 429, 'rate_limited');
  });

  it('counts by /64 in IPv6 (attack: a fresh address of one network for each registration)', async () => {
    const app = await startAppForTest({ env: { ...env, LIMIT_REGISTER: '2/1h' } });
    for (const from of ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2']) {
      expect((await registering(app, from)).status).toBe(201);
    }
    await expectProblem(registering(app, '2001:db8:0:1::3'), 429, 'rate_limited');
    expect((await registering(app, '2001:db8:0:2::1')).status).toBe(201);
  });

  it('can be switched off', async () => {
    const app = await startAppForTest({ env: { ...env, LIMIT_REGISTER: 'off' } });
    const { status, headers } = await registering(app, '203.0.113.1');
    expect([status, headers.get('ratelimit')]).toEqual([201, null]);
  });
});

describe('the limit on refreshes', () => {
  it('covers /auth/refresh and /oauth/token together, and costs no statement', async () => {
    const database = await createDatabaseForTest();
    await logStatements(database);
    const app = await startAppForTest({ env: { ...env, LIMIT_REFRESH: '3/1h' }, database });
    const tokens = await register(app);
    const statements = await statementsDuring(database, async () => {
      const { status, headers } = await refresh(app, tokens.refresh_token);
      expect(status).toBe(200);
      expect(headers.get('ratelimit')).toMatch(/^"refresh";r=2;t=3[56]\d\d$/);
    });
    expect(statements).toEqual([expect.stringMatching(/^UPDATE sessions/)]);

    const form = { grant_type: 'refresh_token', refresh_token: 'pwl1_' };
    expect((await post(app, '/oauth/token', form)).status).toBe(401);
    await refresh(app, 'pwl1_');
    await expectProblem(refresh(app, tokens.refresh_token), 429, 'rate_limited');
    const { status, headers, body } = await post(app, '/oauth/token', form);
    expect(status).toBe(429);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(headers.get('ratelimit')).toBe(`"refresh";r=0;t=${headers.get('retry-after')}`);
    expect(body).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'Too many attempts. Try again later.',
    });
  });
});
