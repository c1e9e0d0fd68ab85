import { Secret } from 'otpauth';
import { mailsTo } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, login, registerConfirmed } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { addApp, claimsOf, codeOf, firstFactor, nextCode, registerWithApp, respond } from './factor-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function begin(token: string) {
  const setup = await expectStatus(call(app, 'POST', '/auth/factors/totp', { token }), 201);
  return { setup, secret: Secret.fromBase32(setup.secret).bytes };
}

function confirm(token: string, code: string) {
  return call(app, 'POST', '/auth/factors/totp/confirm', { token, body: { code } });
}

it('the secret comes as text, as a URI and as a QR code, and is sealed in the database (attack: reading it)', async () => {
  const { access_token: token, user } = await registerConfirmed(app);
  const { setup, secret } = await begin(token);
  expect(secret).toHaveLength(20);
  expect(setup.uri).toMatch(/^otpauth:\/\/totp\/.*secret=/);
  expect(decodeURIComponent(setup.uri)).toContain(user.email);
  expect(setup.qr_svg).toMatch(/^<svg .*<\/svg>$/s);
  const [row] = await app.db.query<{ secret_sealed: Buffer }>('SELECT * FROM totp_secrets WHERE user_id = $1', [
    user.id,
  ]);
  expect(row!.secret_sealed.includes(Buffer.from(secret))).toBe(false);
});

it('an app counts once it is confirmed: until then a password is enough', async () => {
  const { access_token: token, user } = await registerConfirmed(app);
  const { secret } = await begin(token);
  await login(app, user.email);
  await expectProblem(confirm(token, codeOf({ secret }, app, 40)), 401, 'factor_invalid');
  const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
  expect(factors).toEqual([]);
  const added = await expectStatus(confirm(token, codeOf({ secret }, app)), 201);
  expect(added.recovery_codes).toHaveLength(10);
  expect(claimsOf(added)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
  await firstFactor(app, user.email);
});

it('the code that confirmed it does not sign in (attack: a code that somebody has watched)', async () => {
  const { access_token: token, user } = await registerConfirmed(app);
  const { secret } = await begin(token);
  await expectStatus(confirm(token, codeOf({ secret }, app)), 201);
  const { challenge } = await firstFactor(app, user.email);
  await expectProblem(respond(app, { challenge, code: codeOf({ secret }, app) }), 401, 'factor_invalid');
  nextCode(app);
  await expectStatus(respond(app, { challenge, code: codeOf({ secret }, app) }), 200);
});

it('a secret that is moved to the row of another user opens nothing (attack: write access to the database)', async () => {
  const [attacker, victim] = [await registerWithApp(app), await registerWithApp(app)];
  const moved = await app.db.query(
    `UPDATE totp_secrets v SET secret_sealed = a.secret_sealed, seal_key_id = a.seal_key_id, last_step = NULL
     FROM totp_secrets a WHERE a.user_id = $1 AND v.user_id = $2 RETURNING 1`,
    [attacker.tokens.user.id, victim.tokens.user.id],
  );
  expect(moved).toHaveLength(1);
  const { challenge } = await firstFactor(app, victim.email);
  for (const user of [attacker, victim]) {
    await expectProblem(respond(app, { challenge, code: codeOf(user, app) }), 401, 'factor_invalid');
  }
  // The owner is not locked out.
  await expectStatus(respond(app, { challenge, recovery_code: victim.recoveryCodes[0] }), 200);
});

it('a damaged secret is logged as an error that names the factor, and refuses every code', async () => {
  const log = recordingDestination();
  const own = await startAppForTest({ env: { LOG_LEVEL: 'error' }, logDestination: log });
  const user = await registerWithApp(own);
  const [row] = await own.db.query<{ id: string }>(
    `UPDATE totp_secrets SET secret_sealed = set_byte(secret_sealed, 20, get_byte(secret_sealed, 20) # 1) RETURNING id`,
  );
  const { challenge } = await firstFactor(own, user.email);
  await expectProblem(respond(own, { challenge, code: codeOf(user, own) }), 401, 'factor_invalid');
  await until(() => log.lines.length > 0);
  expect(log.entries()).toEqual([
    expect.objectContaining({
      msg: 'An authenticator app cannot be used',
      factorId: row!.id,
      userId: user.tokens.user.id,
    }),
  ]);
});

it('one step of drift is accepted, two are not', async () => {
  const user = await registerWithApp(app);
  app.clock.advanceSeconds(300);
  const { challenge } = await firstFactor(app, user.email);
  for (const steps of [-2, 2]) {
    await expectProblem(respond(app, { challenge, code: codeOf(user, app, steps) }), 401, 'factor_invalid');
  }
  await expectStatus(respond(app, { challenge, code: codeOf(user, app, -1) }), 200);
  const ahead = await firstFactor(app, user.email);
  await expectStatus(respond(app, { challenge: ahead.challenge, code: codeOf(user, app, 1) }), 200);
});

it('after a code of a later step, no code of an earlier one is accepted', async () => {
  const user = await registerWithApp(app);
  const [first, second] = [await firstFactor(app, user.email), await firstFactor(app, user.email)];
  await expectStatus(respond(app, { challenge: first.challenge, code: codeOf(user, app, 1) }), 200);
  for (const steps of [1, 0, -1]) {
    const body = { challenge: second.challenge, code: codeOf(user, app, steps) };
    await expectProblem(respond(app, body), 401, 'factor_invalid');
  }
});

it('a new app replaces the one before, keeps the recovery codes, and needs a sign-in with the one before', async () => {
  const user = await registerWithApp(app);
  const again = await addApp(app, user.tokens);
  expect(again.recoveryCodes).toEqual([]);
  const { factors, recovery_codes_left: left } = await expectStatus(
    call(app, 'GET', '/auth/factors', { token: again.tokens.access_token }),
    200,
  );
  expect({ count: factors.length, left }).toEqual({ count: 1, left: 10 });
  const { challenge } = await firstFactor(app, user.email);
  await expectProblem(respond(app, { challenge, code: codeOf(user, app) }), 401, 'factor_invalid');
  await expectStatus(respond(app, { challenge, code: codeOf(again, app) }), 200);
});

it('a secret waits an hour for its first code, and is replaced by the next one that waits', async () => {
  const { user, ...tokens } = await registerConfirmed(app);
  const first = await begin(tokens.access_token);
  const second = await begin(tokens.access_token);
  await expectProblem(confirm(tokens.access_token, codeOf(first, app)), 401, 'factor_invalid');
  app.clock.advanceSeconds(3601);
  const { access_token: token } = await login(app, user.email);
  await expectProblem(confirm(token, codeOf(second, app)), 401, 'challenge_expired');
  const { access_token: other } = await registerConfirmed(app);
  await expectProblem(confirm(other, codeOf(second, app)), 401, 'challenge_expired');
});

it('adding one ends every other session, keeps this one, and is notified and audited', async () => {
  const { access_token: token, user, refresh_token: refreshToken } = await registerConfirmed(app);
  const other = await login(app, user.email);
  const added = await addApp(app, { access_token: token, user } as never);
  await expectProblem(call(app, 'GET', '/auth/me', { token: other.access_token }), 401, 'token_revoked');
  const body = { refresh_token: other.refresh_token };
  await expectProblem(call(app, 'POST', '/auth/refresh', { body }), 401, 'session_revoked');
  await expectStatus(call(app, 'GET', '/auth/me', { token: added.tokens.access_token }), 200);
  const refreshed = await expectStatus(
    call(app, 'POST', '/auth/refresh', { body: { refresh_token: refreshToken } }),
    200,
  );
  expect(claimsOf(refreshed).acr).toBe('aal2');
  expect((await mailsTo(app, user.email)).at(-1)!.subject).toMatch(/second factor was added/);
  const { events } = await expectStatus(call(app, 'GET', '/auth/me/activity', { token: refreshed.access_token }), 200);
  expect(events.map(({ event }: { event: string }) => event)).toContain('factor.added');
});

it('removing the last factor ends other sessions and sends a notice', async () => {
  const user = await registerWithApp(app);
  const token = user.tokens.access_token;
  const { challenge } = await firstFactor(app, user.email);
  const other = await expectStatus(respond(app, { challenge, code: codeOf(user, app) }), 200);
  const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
  await expectStatus(call(app, 'DELETE', `/auth/factors/${factors[0].id}`, { token }), 204);
  await expectProblem(call(app, 'GET', '/auth/me', { token: other.access_token }), 401, 'token_revoked');
  const body = { refresh_token: other.refresh_token };
  await expectProblem(call(app, 'POST', '/auth/refresh', { body }), 401, 'session_revoked');
  await expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
  expect((await mailsTo(app, user.email)).at(-1)!.subject).toMatch(/second factor was removed/);
});

it('is renamed and removed by its id, and only by its owner', async () => {
  const [user, stranger] = [await registerWithApp(app), await registerWithApp(app)];
  const token = user.tokens.access_token;
  const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
  const path = `/auth/factors/${factors[0].id}`;
  const body = { name: 'Phone' };
  for (const method of ['PATCH', 'DELETE']) {
    const foreign = call(app, method, path, {
      token: stranger.tokens.access_token,
      ...(method === 'PATCH' && { body }),
    });
    await expectProblem(foreign, 404, 'not_found');
  }
  expect((await expectStatus(call(app, 'PATCH', path, { token, body }), 200)).name).toBe('Phone');
  await expectStatus(call(app, 'DELETE', path, { token }), 204);
  await login(app, user.email);
  const list = await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
  expect(list).toEqual({ factors: [], recovery_codes_left: 0 });
});
