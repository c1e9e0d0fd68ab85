import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  newEmail,
  registerConfirmed,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { addPasskey, claimsOf, codeOf, nextCode, registerWithApp } from './factor-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

function stepUp(token: string, body: Record<string, unknown>, headers: Record<string, string> = {}) {
  return call(app, 'POST', '/auth/step-up', { token, body, headers });
}

/** What needs a fresh sign-in of the highest level, each as a request that would succeed otherwise. */
const guarded: [string, string, () => unknown][] = [
  ['POST', '/auth/factors/totp', () => ({})],
  ['POST', '/auth/factors/passkeys/options', () => ({})],
  ['POST', '/auth/factors/recovery-codes', () => undefined],
  ['PATCH', '/auth/factors/019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e', () => ({ name: 'x' })],
  ['DELETE', '/auth/factors/019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e', () => undefined],
  ['POST', '/auth/password', () => ({ current_password: goodPassword, new_password: 'another horse battery staple' })],
  ['POST', '/auth/email', () => ({ email: newEmail(), password: goodPassword })],
  ['POST', '/auth/me/delete', () => ({ password: goodPassword })],
];

describe('five minutes after the sign-in', () => {
  it.each(guarded)('%s %s needs a step-up (attack: a stolen session)', async (method, path, body) => {
    const { access_token: token } = await registerConfirmed(app);
    app.clock.advanceSeconds(301);
    const { headers } = await expectProblem(
      call(app, method, path, { token, body: body() }),
      401,
      'insufficient_user_authentication',
    );
    expect(headers.get('www-authenticate')).toMatch(/error="insufficient_user_authentication".*max_age="300"/);
    const { access_token: fresh } = await expectStatus(stepUp(token, { password: goodPassword }), 200);
    const answer = await call(app, method, path, { token: fresh, body: body() });
    expect(answer.body?.code).not.toBe('insufficient_user_authentication');
  });

  it('what only reads, or only takes access away, needs none', async () => {
    const { access_token: token } = await registerConfirmed(app);
    app.clock.advanceSeconds(600);
    for (const path of ['/auth/me', '/auth/factors', '/auth/sessions', '/auth/me/activity']) {
      await expectStatus(call(app, 'GET', path, { token }), 200);
    }
    await expectStatus(call(app, 'POST', '/auth/logout-all', { token }), 204);
  });
});

describe('with a second factor', () => {
  it.each(guarded)('%s %s needs a session of two factors, however fresh it is', async (method, path, body) => {
    const { access_token: token, user } = await registerConfirmed(app);
    // As a session that a fault has left behind: it knows of one factor only.
    await app.db.query('UPDATE users SET second_factor = true WHERE id = $1', [user.id]);
    const { headers } = await expectProblem(
      call(app, method, path, { token, body: body() }),
      401,
      'insufficient_user_authentication',
    );
    expect(headers.get('www-authenticate')).toMatch(/acr_values="aal2"/);
  });

  it('the password alone confirms nothing: the response asks for the factor', async () => {
    const user = await registerWithApp(app);
    const { access_token: token } = user.tokens;
    app.clock.advanceSeconds(600);
    const { body: problem } = await expectProblem(
      stepUp(token, { password: goodPassword }),
      401,
      'second_factor_required',
    );
    expect(problem.factors).toEqual(['totp']);
    const fresh = await expectStatus(stepUp(token, { code: codeOf(user, app) }), 200);
    expect(claimsOf(fresh)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    expect(app.clock.nowSeconds() - claimsOf(fresh).auth_time).toBeLessThan(60);
    await expectStatus(call(app, 'POST', '/auth/factors/recovery-codes', { token: fresh.access_token }), 201);
  });

  it('a code that was used confirms nothing (attack: a code that somebody has watched)', async () => {
    const user = await registerWithApp(app);
    const { access_token: token } = user.tokens;
    const code = codeOf(user, app);
    await expectStatus(stepUp(token, { code }), 200);
    await expectProblem(stepUp(token, { code }), 401, 'factor_invalid');
    await expectProblem(stepUp(token, { code: codeOf(user, app, 40) }), 401, 'factor_invalid');
  });

  it('a passkey confirms, one of another account does not', async () => {
    const [mine, theirs] = [await registerConfirmed(app), await registerConfirmed(app)];
    const { authenticator, added } = await addPasskey(app, mine.access_token);
    const stranger = await addPasskey(app, theirs.access_token);
    const options = () => expectStatus(call(app, 'POST', '/auth/passkeys/options', { body: {} }), 200);
    const first = await options();
    const foreign = { challenge: first.challenge, passkey: stranger.authenticator.get(first.options) };
    await expectProblem(stepUp(added.access_token, foreign), 401, 'factor_invalid');
    const second = await options();
    const body = { challenge: second.challenge, passkey: authenticator.get(second.options) };
    const fresh = await expectStatus(stepUp(added.access_token, body), 200);
    expect(claimsOf(fresh)).toMatchObject({ amr: ['pwd', 'hwk', 'mfa', 'user'], acr: 'aal2' });
    await expectProblem(stepUp(added.access_token, body), 401, 'challenge_expired');
  });

  it('a password offers the passkey of the account', async () => {
    const { access_token: token } = await registerConfirmed(app);
    const { authenticator, added } = await addPasskey(app, token);
    const { body: problem } = await expectProblem(
      stepUp(added.access_token, { password: goodPassword }),
      401,
      'second_factor_required',
    );
    const passkey = authenticator.get(problem.passkey_options, { verifiesUser: false });
    await expectStatus(stepUp(added.access_token, { challenge: problem.challenge, passkey }), 200);
  });
});

describe('a step-up', () => {
  it('moves auth_time of the session: a refresh keeps it', async () => {
    const { user, ...tokens } = await registerConfirmed(app);
    app.clock.advanceSeconds(600);
    const fresh = await expectStatus(stepUp(tokens.access_token, { password: goodPassword }), 200);
    expect(fresh).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 });
    const refreshed = await expectStatus(
      call(app, 'POST', '/auth/refresh', { body: { refresh_token: tokens.refresh_token } }),
      200,
    );
    expect(claimsOf(refreshed).auth_time).toBe(claimsOf(fresh).auth_time);
    expect(claimsOf(tokens).auth_time).toBeLessThan(claimsOf(fresh).auth_time);
    expect(refreshed.user.id).toBe(user.id);
  });

  it('with cookies puts the token into the access cookie, and leaves the refresh cookie alone', async () => {
    const { user } = await registerConfirmed(app);
    const body = { email: user.email, password: goodPassword, delivery: 'cookie' };
    const signedIn = await call(app, 'POST', '/auth/login', { body });
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const headers = { cookie };
    const answer = await call(app, 'POST', '/auth/step-up', { body: { password: goodPassword }, headers });
    expect(answer.body).toEqual({ token_type: 'Bearer', expires_in: 900 });
    expect(answer.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['__Host-pawl_access']);
    const foreign = { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const attack = call(app, 'POST', '/auth/step-up', { body: { password: goodPassword }, headers: foreign });
    await expectProblem(attack, 403, 'csrf_rejected');
  });

  it('with a wrong password is 403, and is audited', async () => {
    const { access_token: token } = await registerConfirmed(app);
    await expectProblem(stepUp(token, { password: 'not the password' }), 403, 'password_incorrect');
    await until(async () => {
      const { events } = await expectStatus(call(app, 'GET', '/auth/me/activity', { token }), 200);
      return events.some(({ event }: { event: string }) => event === 'user.password_refused');
    });
  });

  it('needs one proof, and the challenge exactly with a passkey', async () => {
    const { access_token: token } = await registerConfirmed(app);
    for (const body of [
      {},
      { password: 'x', code: '123456' },
      { challenge: 'x', password: goodPassword },
      { passkey: 1 },
    ]) {
      await expectProblem(stepUp(token, body), 400, 'validation_failed');
    }
  });

  it('after the session has ended gives no token', async () => {
    const { access_token: token, refresh_token } = await registerConfirmed(app);
    await expectStatus(call(app, 'POST', '/auth/logout', { token, body: { refresh_token } }), 204);
    await expectProblem(stepUp(token, { password: goodPassword }), 401, 'token_revoked');
  });
});

describe('a thief with a stolen session', () => {
  it('guesses neither the password nor the codes of the app without end (attack: guessing)', async () => {
    const on = await startAppForTest({ env: { RATE_LIMITS: 'on' } });
    const [withPassword, withApp] = [await registerConfirmed(on), await registerWithApp(on)];
    const guesses = [
      { token: withPassword.access_token, body: { password: 'not the password' } },
      { token: withApp.tokens.access_token, body: { code: codeOf(withApp, on, 40) } },
    ];
    for (const guess of guesses) {
      const codes: string[] = [];
      for (let i = 0; i < 8; i++) codes.push((await call(on, 'POST', '/auth/step-up', guess)).body.code);
      expect(codes).toContain('rate_limited');
    }
  });
});

describe('a change of the address', () => {
  it('ends every other session, and keeps the one that asked for it', async () => {
    const asking = await registerConfirmed(app);
    const other = await login(app, asking.user.email);
    const email = newEmail();
    const { access_token: token } = asking;
    await expectStatus(call(app, 'POST', '/auth/email', { token, body: { email, password: goodPassword } }), 202);
    const link = tokenIn((await mailsTo(app, email)).at(-1));
    await expectStatus(call(app, 'POST', '/auth/email/verify', { body: { token: link, password: goodPassword } }), 204);
    await expectProblem(call(app, 'GET', '/auth/me', { token: other.access_token }), 401, 'token_revoked');
    expect((await expectStatus(call(app, 'GET', '/auth/me', { token }), 200)).email).toBe(email);
    const subjects = (await mailsTo(app, asking.user.email)).map(({ subject }) => subject);
    expect(subjects.join()).toMatch(/Request to change.*was changed/s);
  });
});

describe('what never lowers what a sign-in needs', () => {
  async function stillAsks(email: string, password: string): Promise<void> {
    const answer = call(app, 'POST', '/auth/login', { body: { email, password } });
    await expectProblem(answer, 401, 'second_factor_required');
  }

  it('a reset of the password', async () => {
    const user = await registerWithApp(app);
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } }), 202);
    const token = tokenIn((await mailsTo(app, user.email)).at(-1));
    const password = 'another horse battery staple';
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body: { token, password } }), 204);
    await stillAsks(user.email, password);
  });

  it('an admin who disables, enables, renames or gives another role', async () => {
    const user = await registerWithApp(app);
    const admin: Tokens = await registerConfirmed(app);
    await app.db.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [admin.user.id]);
    const { access_token: token } = await login(app, admin.user.email);
    for (const body of [
      { disabled: true },
      { disabled: false },
      { name: 'New' },
      { role: 'admin' },
      { role: 'user' },
    ]) {
      await expectStatus(call(app, 'PATCH', `/users/${user.tokens.user.id}`, { token, body }), 200);
    }
    await stillAsks(user.email, goodPassword);
  });

  it('a change of the password or of the address', async () => {
    const user = await registerWithApp(app);
    nextCode(app);
    const password = 'another horse battery staple';
    const changed = await expectStatus(
      call(app, 'POST', '/auth/password', {
        token: user.tokens.access_token,
        body: { current_password: goodPassword, new_password: password },
      }),
      200,
    );
    await stillAsks(user.email, password);
    const email = newEmail();
    const { access_token: token } = changed;
    await expectStatus(call(app, 'POST', '/auth/email', { token, body: { email, password } }), 202);
    const link = tokenIn((await mailsTo(app, email)).at(-1));
    await expectStatus(call(app, 'POST', '/auth/email/verify', { body: { token: link, password } }), 204);
    await stillAsks(email, password);
  });
});
