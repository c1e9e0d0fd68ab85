import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus } from '../support/http.js';
import { claimsOf, codeOf, firstFactor, nextCode, registerWithApp, respond } from './factor-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('a sign-in of an account with an authenticator app', () => {
  it('ends in a challenge, and with the code in a session of two factors', async () => {
    const user = await registerWithApp(app);
    const { challenge, factors } = await firstFactor(app, user.email);
    expect(factors).toEqual(['totp', 'recovery_code']);
    const tokens = await expectStatus(respond(app, { challenge, code: codeOf(user, app) }), 200);
    expect(claimsOf(tokens)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    await expectStatus(call(app, 'GET', '/auth/me', { token: tokens.access_token }), 200);
  });

  it('a challenge is used once, and a code too', async () => {
    const user = await registerWithApp(app);
    const [first, second] = [await firstFactor(app, user.email), await firstFactor(app, user.email)];
    const code = codeOf(user, app);
    await expectStatus(respond(app, { challenge: first.challenge, code }), 200);
    await expectProblem(respond(app, { challenge: first.challenge, code }), 401, 'challenge_expired');
    await expectProblem(respond(app, { challenge: second.challenge, code }), 401, 'factor_invalid');
    nextCode(app);
    await expectStatus(respond(app, { challenge: second.challenge, code: codeOf(user, app) }), 200);
  });
});
