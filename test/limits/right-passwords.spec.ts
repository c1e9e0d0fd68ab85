import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, register } from '../support/http.js';

const limit = 5;

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ env: { RATE_LIMITS: 'on', LIMIT_SIGN_INS: `${limit}/1h` } });
});
afterAll(() => app.close());

const signIn = (email: string, device?: string, password = goodPassword) =>
  call(app, 'POST', '/auth/login', {
    body: { email, password },
    headers: device === undefined ? undefined : { 'pawl-device': device },
  });

describe('right passwords of one account', () => {
  it('are limited for a known device too: it cannot occupy the queue of hashes, or fill the audit trail', async () => {
    const { user } = await register(app);
    let device: string | undefined;
    for (let i = 0; i < limit; i++) {
      const { status, headers } = await signIn(user.email, device);
      expect(status).toBe(200);
      device = headers.get('pawl-device') ?? undefined;
    }
    const { headers } = await expectProblem(signIn(user.email, device), 429, 'rate_limited');
    expect(headers.get('ratelimit-policy')).toBe(`"sign-ins";q=${limit};w=3600`);
    await expectProblem(signIn(user.email), 429, 'rate_limited');
  });

  it('are not used up by strangers who guess wrong ones', async () => {
    const { user } = await register(app);
    const { headers } = await signIn(user.email);
    const device = headers.get('pawl-device')!;
    for (let i = 0; i < 2 * limit; i++) await signIn(user.email, undefined, 'wrong password');
    await expectStatus(signIn(user.email, device), 200);
  });

  it('count for each account by itself', async () => {
    const [first, second] = [await register(app), await register(app)];
    for (let i = 0; i < limit; i++) await expectStatus(signIn(first.user.email), 200);
    await expectProblem(signIn(first.user.email), 429, 'rate_limited');
    await expectStatus(signIn(second.user.email), 200);
  });

  it('count where a signed-in user is asked for the password again', async () => {
    const { access_token: token } = await register(app);
    const change = () =>
      call(app, 'POST', '/auth/email', {
        token,
        body: { email: `${Math.random()}@example.com`, password: goodPassword },
      });
    for (let i = 0; i < limit; i++) await expectStatus(change(), 202);
    await expectProblem(change(), 429, 'rate_limited');
  });
});
