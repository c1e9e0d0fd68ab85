import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { until } from '../support/until.js';
import type { RedisServer } from './redis.js';
import { prepareRedis } from './redis.js';

const metricsToken = 'a-token-for-the-metrics-of-the-tests';

let redis: RedisServer;
let database: TestDatabase;
let app: TestApp;
let other: TestApp;
const log = recordingDestination();
beforeAll(async () => {
  redis = await prepareRedis();
  database = await createTestDatabase();
  const env = {
    RATE_LIMITS: 'on',
    TRUST_PROXY: '1',
    REDIS_URL: redis.url,
    METRICS_TOKEN: metricsToken,
    LIMIT_ADDRESS_FAILURES: '3/1h',
    LIMIT_REGISTER: '2/1h',
    LOG_LEVEL: 'warn',
  };
  [app, other] = await Promise.all([
    startApp({ env, database, logDestination: log }),
    startApp({ env, database, logDestination: log }),
  ]);
});
afterAll(async () => {
  redis.thaw();
  await Promise.all([app.close(), other.close()]);
  await database.drop();
  await redis.stop();
});

const limitsOf = async (on: TestApp) => {
  const { body } = await call(on, 'GET', '/health/ready', { token: metricsToken });
  return { status: body.status, limits: body.checks.limits };
};
const areUp = async () => (await limitsOf(app)).limits === 'up' && (await limitsOf(other)).limits === 'up';

const signIn = (on: TestApp, from: string, email = newEmail(), password = 'wrong password') =>
  call(on, 'POST', '/auth/login', { body: { email, password }, headers: { 'x-forwarded-for': from } });

const registering = (on: TestApp, from: string) =>
  call(on, 'POST', '/auth/register', {
    body: { email: newEmail(), password: goodPassword },
    headers: { 'x-forwarded-for': from },
  });

/** Three wrong passwords reach the limit of the address, the next is refused. */
async function expectLimit(ons: readonly TestApp[], from: string): Promise<void> {
  for (const on of ons) await expectProblem(signIn(on, from), 401, 'invalid_credentials');
  await expectProblem(signIn(ons[0]!, from), 429, 'rate_limited');
}

describe('limits in Redis', () => {
  it('do not prevent the service from starting without it: each instance counts by itself and reports that', async () => {
    expect(await limitsOf(app)).toEqual({ status: 'degraded', limits: 'down' });
    await expectLimit([app, app, app], '203.0.113.1');
    expect((await signIn(other, '203.0.113.1')).status).toBe(401);
    expect(log.text).toMatch(/"level":40\b.*Redis cannot be reached/);
  });

  it('are counted together once it is reachable', async () => {
    await redis.start();
    await until(areUp);
    expect(await limitsOf(app)).toEqual({ status: 'ok', limits: 'up' });
    await expectLimit([app, other, app], '203.0.113.2');
    await expectProblem(signIn(other, '203.0.113.2'), 429, 'rate_limited');

    for (const on of [app, other]) expect((await registering(on, '203.0.113.2')).status).toBe(201);
    for (const on of [app, other]) await expectProblem(registering(on, '203.0.113.2'), 429, 'rate_limited');
  });

  it('leave nothing in PostgreSQL, and no address of any kind in Redis', async () => {
    expect(await database.query('SELECT * FROM rate_limits')).toEqual([]);
    const keys = await redis.keys();
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) expect(key).toMatch(/^pawl:(account-failures|address-failures|register):[\w-]{22}$/);
  });

  it('delay an account on all instances, and end the delay', async () => {
    const { user } = await register(app);
    for (let i = 0; i < 5; i++) {
      await expectProblem(signIn(app, `198.51.100.${i}`, user.email), 401, 'invalid_credentials');
    }
    await until(async () => (await signIn(other, '198.51.100.9', user.email, goodPassword)).status === 200);
  });

  it('also apply while it hangs: sign-ins continue, counted by each instance', async () => {
    const { user } = await register(app);
    redis.freeze();
    try {
      await expectLimit([app, app, app], '203.0.113.3');
      await expectStatus(signIn(app, '203.0.113.4', user.email, goodPassword), 200);
      expect(await limitsOf(app)).toEqual({ status: 'degraded', limits: 'down' });
    } finally {
      redis.thaw();
    }
    await until(areUp);
  });

  it('apply when it is lost, and are counted together again when it is back', async () => {
    await redis.stop();
    await until(async () => (await limitsOf(app)).limits === 'down');
    await expectLimit([app, app, app], '203.0.113.5');
    await redis.start();
    await until(areUp);
    await expectLimit([app, other, app], '203.0.113.6');
    await expectProblem(signIn(other, '203.0.113.6'), 429, 'rate_limited');
  });
});
