import common from '@zxcvbn-ts/language-common';
import type { TestApp } from '../support/app.js';
import { call, expectStatus, newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { attackWithHydra } from './hydra.js';

/** In no list of common passwords, so that it may be registered. */
const password = 'kx7vbottersriver';

/** A thousand common passwords of letters and digits; the right one is the tenth from the end. */
const passwords = common.dictionary['passwords-common'].filter((word) => /^[a-z0-9]{6,}$/.test(word)).slice(0, 999);
passwords.splice(990, 0, password);

/** How many passwords the service looked at. */
async function checkedPasswords(app: TestApp): Promise<number> {
  const { body } = await call(app, 'GET', '/metrics', { token: metricsToken });
  const counts = [
    ...String(body).matchAll(/^pawl_sign_ins_total\{.*result="(success|invalid_credentials)".*\} (\d+)$/gm),
  ];
  return counts.reduce((sum, [, , count]) => sum + Number(count), 0);
}

const metricsToken = 'a-token-for-the-metrics-of-the-tests';

async function victim(env: NodeJS.ProcessEnv) {
  const app = await startAppForTest({ env: { METRICS_TOKEN: metricsToken, ...env } });
  const email = newEmail();
  const { headers } = await call(app, 'POST', '/auth/register', { body: { email, password } });
  return { app, email, device: headers.get('pawl-device')! };
}

describe('hydra with a thousand passwords, from one address', () => {
  it('finds the right one with the limits off, which shows that the attack works', async () => {
    const { app, email } = await victim({ RATE_LIMITS: 'off' });
    expect(await attackWithHydra(app.url, email, passwords)).toBe(password);
    expect(await checkedPasswords(app)).toBeGreaterThanOrEqual(991);
  });

  it('does not find it with the default limits, and the owner can sign in meanwhile', async () => {
    const { app, email, device } = await victim({ RATE_LIMITS: 'on' });
    const attack = attackWithHydra(app.url, email, passwords);
    const signIn = () =>
      call(app, 'POST', '/auth/login', { body: { email, password }, headers: { 'pawl-device': device } });
    await expectStatus(signIn(), 200);
    expect(await attack).toBeUndefined();
    await expectStatus(signIn(), 200);
    expect(await checkedPasswords(app)).toBeLessThan(20);
  });

  it('does not find it with the address limit alone', async () => {
    const { app, email } = await victim({ RATE_LIMITS: 'on', LIMIT_ACCOUNT_FAILURES: 'off' });
    expect(await attackWithHydra(app.url, email, passwords)).toBeUndefined();
    expect(await checkedPasswords(app)).toBeLessThanOrEqual(110);
  });
});
