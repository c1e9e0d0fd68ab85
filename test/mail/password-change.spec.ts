import { decodeJwt } from 'jose';
import { newClient, post } from '../oauth/clients.js';
import { holdRow, lineUp } from '../sessions/line-up.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  refresh,
  register,
  registerConfirmed,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { mailsTo, tokenIn } from './mailbox.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const newPassword = 'another long password of hers';

interface Change {
  current?: unknown;
  next?: unknown;
  headers?: Record<string, string>;
  on?: TestApp;
}

function change(
  token: string | undefined,
  { current = goodPassword, next = newPassword, headers, on = app }: Change = {},
) {
  const body = { current_password: current, new_password: next };
  return call(on, 'POST', '/auth/password', { token, body, headers });
}

/** The headers of a page that has signed in with cookies. */
async function cookiesOf(email: string): Promise<{ cookie: string; origin: string }> {
  const origin = 'http://localhost:3000';
  const body = { email, password: goodPassword, delivery: 'cookie' };
  return { cookie: cookieHeader(await call(app, 'POST', '/auth/login', { body, headers: { origin } })), origin };
}

function cookieHeader({ headers }: Answer): string {
  const cookies = headers.getSetCookie().map((line) => line.split(';')[0]);
  return cookies.join('; ');
}

const signIn = (email: string, password: string) => call(app, 'POST', '/auth/login', { body: { email, password } });

it('the old password allows choosing a new one', async () => {
  const { access_token: token, user } = await register(app);
  expect((await change(token)).status).toBe(200);
  await expectProblem(signIn(user.email, goodPassword), 401, 'invalid_credentials');
  expect((await signIn(user.email, newPassword)).status).toBe(200);
});

it('ends every other session and keeps this one', async () => {
  const here = await register(app);
  const elsewhere = await login(app, here.user.email);
  const changed = (await expectStatus(change(here.access_token), 200)) as Tokens;
  await expectProblem(call(app, 'GET', '/auth/me', { token: elsewhere.access_token }), 401, 'token_revoked');
  await expectProblem(refresh(app, elsewhere.refresh_token), 401, 'session_revoked');
  expect((await call(app, 'GET', '/auth/me', { token: changed.access_token })).status).toBe(200);
  expect((await refresh(app, changed.refresh_token)).status).toBe(200);
});

describe('the tokens of this session', () => {
  it('are replaced: the response is a token response, as of a refresh', async () => {
    const here = await register(app);
    app.clock.advanceSeconds(60);
    const changed = (await expectStatus(change(here.access_token), 200)) as Tokens;
    expect({ ...changed, access_token: '', refresh_token: '', session_id: '' }).toEqual({
      ...here,
      access_token: '',
      refresh_token: '',
      session_id: '',
    });
    expect(changed.session_id).not.toBe(here.session_id);
    const claims = [here, changed].map(({ access_token: token }) => decodeJwt(token));
    expect(claims[1]).toMatchObject({ auth_time: claims[0]!.auth_time, amr: claims[0]!.amr, client_id: 'pawl' });
    const [row] = await app.db.query(
      `SELECT new.expires_at = old.expires_at AS same_end FROM sessions new, sessions old
       WHERE new.id = $1 AND old.id = $2`,
      [changed.session_id, here.session_id],
    );
    expect(row).toEqual({ same_end: true });
  });

  it('are refused at once, and nobody is alarmed (attack: a thief who copied them before)', async () => {
    const here = await registerConfirmed(app);
    const { refresh_token: newest } = (await refresh(app, here.refresh_token)).body as Tokens;
    await change(here.access_token);
    await expectProblem(call(app, 'GET', '/auth/me', { token: here.access_token }), 401, 'token_revoked');
    for (const old of [here.refresh_token, newest]) await expectProblem(refresh(app, old), 401, 'session_revoked');
    const subjects = (await mailsTo(app, here.user.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject.includes('signed out'))).toEqual([]);
    const reused = `SELECT 1 FROM audit_events WHERE event = 'session.reused' AND subject_user_id = $1`;
    expect(await app.db.query(reused, [here.user.id])).toEqual([]);
  });

  it('go into cookies if the access token came in one', async () => {
    const { user } = await register(app);
    const headers = await cookiesOf(user.email);
    const changed = await change(undefined, { headers });
    expect(changed.status).toBe(200);
    expect(changed.body).not.toHaveProperty('access_token');
    expect(changed.body).not.toHaveProperty('refresh_token');
    const renewed = { ...headers, cookie: cookieHeader(changed) };
    expect((await call(app, 'GET', '/auth/me', { headers: renewed })).status).toBe(200);
    expect((await call(app, 'POST', '/auth/refresh', { headers: renewed, body: {} })).status).toBe(200);
    await expectProblem(call(app, 'GET', '/auth/me', { headers }), 401, 'token_revoked');
  });

  it('keep the client and the scope of a registered client', async () => {
    const admin = await makeAdmin(app);
    const registration = { token_endpoint_auth_method: 'none', grant_types: ['refresh_token'], scope: 'account' };
    const { client_id } = await newClient(app, admin, registration);
    const { user } = await register(app);
    const body = { email: user.email, password: goodPassword, client_id };
    const here = (await expectStatus(call(app, 'POST', '/auth/login', { body }), 200)) as Tokens;
    const changed = (await expectStatus(change(here.access_token), 200)) as Tokens;
    expect(decodeJwt(changed.access_token)).toMatchObject({ client_id, scope: 'account' });
    await expectProblem(refresh(app, changed.refresh_token), 401, 'refresh_invalid');
    const form = { grant_type: 'refresh_token', refresh_token: changed.refresh_token, client_id };
    const refreshed = await post(app, '/oauth/token', form);
    expect(refreshed.status).toBe(200);
  });

  it('that are lost with the response leave another way in: the new password', async () => {
    const { access_token: token, refresh_token: old, user } = await register(app);
    await change(token);
    await expectProblem(refresh(app, old), 401, 'session_revoked');
    expect((await signIn(user.email, newPassword)).status).toBe(200);
  });

  it('are not issued if the session was ended meanwhile, and the password stays (attack: a thief who was just signed out)', async () => {
    const { access_token: token, session_id: id, user } = await register(app);
    const end = `UPDATE sessions SET revoked_at = now(), revoked_reason = 'revoked' WHERE id = $1`;
    const [changed] = await lineUp(app.db, await holdRow(app.db, 'sessions', id, end), [() => change(token)]);
    await expectProblem(changed!, 401, 'token_revoked');
    expect((await signIn(user.email, goodPassword)).status).toBe(200);
  });
});

it('notifies the user by email, and is audited with ids only', async () => {
  const { access_token: token, user } = await registerConfirmed(app);
  await change(token);
  const mails = await mailsTo(app, user.email);
  expect(mails.map(({ subject }) => subject)).toContain('Your password at localhost:3000 was changed');
  const rows = await app.db.query<{ row: string }>(
    `SELECT to_jsonb(a)::text AS row FROM audit_events a WHERE event = 'user.password_changed' AND subject_user_id = $1`,
    [user.id],
  );
  expect(rows).toHaveLength(1);
  for (const private_ of [user.email, newPassword, goodPassword]) expect(rows[0]!.row).not.toContain(private_);
});

it('is refused without the old password, and nothing changes (attack: a stolen access token)', async () => {
  const { access_token: token, user } = await register(app);
  await expectProblem(change(token, { current: 'a wrong password' }), 403, 'password_incorrect');
  await expectProblem(change(undefined), 401, 'token_missing');
  expect((await signIn(user.email, goodPassword)).status).toBe(200);
  expect(await mailsTo(app, user.email)).toHaveLength(1);
});

describe('with the limits of sign-ins', () => {
  const env = { RATE_LIMITS: 'on', LIMIT_ACCOUNT_FAILURES: '3/1d' };

  it('a session may guess as often as a stranger (attack: guessing with a stolen access token)', async () => {
    const on = await startAppForTest({ env });
    const { access_token: stolen, user } = await register(on);
    const { access_token: own } = await login(on, user.email);
    for (let i = 0; i < 3; i++) {
      await expectProblem(change(stolen, { current: `wrong ${i}`, on }), 403, 'password_incorrect');
    }
    const refused = await expectProblem(change(stolen, { on }), 429, 'rate_limited');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const refusals = () => on.db.query(`SELECT 1 FROM audit_events WHERE event = 'user.password_refused'`);
    await until(async () => (await refusals()).length === 3);
    // Neither the owner's sessions nor sign-ins are delayed.
    await login(on, user.email);
    expect((await change(own, { on })).status).toBe(200);
  });

  it('a signed-in user is not delayed by strangers (attack: guessing at an account to lock its owner out)', async () => {
    const on = await startAppForTest({ env });
    const { access_token: token, user } = await register(on);
    const guess = () => call(on, 'POST', '/auth/login', { body: { email: user.email, password: 'a wrong password' } });
    while ((await guess()).status !== 429);
    expect((await change(token, { on })).status).toBe(200);
  });
});

it('a weak or short new password is refused with the reason, and the old one remains', async () => {
  const { access_token: token, user } = await register(app);
  const weak = await expectProblem(change(token, { next: 'password123' }), 400, 'password_too_weak');
  expect(weak.body.errors).toEqual([{ path: 'new_password', message: expect.any(String) }]);
  const ownName = user.email.split('@')[0];
  await expectProblem(change(token, { next: `${ownName}` }), 400, 'password_too_weak');
  await expectProblem(change(token, { next: 'short' }), 400, 'validation_failed');
  for (const bad of [{ next: null }, { current: 7 }]) await expectProblem(change(token, bad), 400, 'validation_failed');
  expect((await signIn(user.email, goodPassword)).status).toBe(200);
});

it('a password change voids every reset link', async () => {
  const { access_token: token, user } = await register(app);
  await call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } });
  const resetToken = tokenIn((await mailsTo(app, user.email))[1]);
  await change(token);
  const body = { token: resetToken, password: 'a third password, long enough' };
  await expectProblem(call(app, 'POST', '/auth/password/reset', { body }), 400, 'one_time_token_invalid');
});

it('one of two concurrent changes wins, and the other gets password_incorrect', async () => {
  const { access_token: token, user } = await register(app);
  const passwords = ['the first of two passwords', 'the second of two passwords'];
  const responses = await Promise.all(passwords.map((next) => change(token, { next })));
  const statuses = responses.map(({ status }) => status);
  expect([...statuses].sort()).toEqual([200, 403]);
  expect((await signIn(user.email, passwords[statuses.indexOf(200)]!)).status).toBe(200);
});

it('a concurrent sign-in with the old password leaves no session', async () => {
  const { access_token: token, user } = await register(app);
  const signIns = Array.from({ length: 6 }, () => signIn(user.email, goodPassword));
  const changed = await change(token);
  expect(changed.status).toBe(200);
  await Promise.all(signIns);
  const live = await app.db.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [
    user.id,
  ]);
  expect(live.map(({ id }) => id)).toEqual([(changed.body as Tokens).session_id]);
});

it('another site cannot change it with the user’s cookies (attack: cross-site request)', async () => {
  const { user } = await register(app);
  const headers = await cookiesOf(user.email);
  const evil = { ...headers, origin: 'https://evil.example' };
  await expectProblem(change(undefined, { headers: evil }), 403, 'csrf_rejected');
  expect((await change(undefined, { headers })).status).toBe(200);
});
