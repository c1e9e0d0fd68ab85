import { eventsOf as eventsAbout } from '../audit/trail.js';
import { newClient, serviceToken } from '../oauth/clients.js';
import { holdRow, lineUp } from '../sessions/line-up.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  newEmail,
  register,
  registerConfirmed,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { holdMails, mailsTo, tokenIn } from './mailbox.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const change = (token: string | undefined, body: unknown) => call(app, 'PATCH', '/auth/me', { token, body });
const remove = (on: TestApp, token: string | undefined, password = goodPassword) =>
  call(on, 'POST', '/auth/me/delete', { token, body: { password } });
const exportOf = (token: string | undefined) => call(app, 'GET', '/auth/me/export', { token });

const eventsOf = (userId: string, on = app) => eventsAbout(on.db, userId);

describe('PATCH /auth/me', () => {
  it('changes or removes the name, and audits that', async () => {
    const { access_token: token, user } = await register(app, { name: 'Ada' });
    expect(await change(token, { name: '  Ada Lovelace ' })).toMatchObject({
      status: 200,
      body: { ...user, name: 'Ada Lovelace' },
    });
    const ada = { ...user, name: 'Ada Lovelace', locale: null };
    expect((await call(app, 'GET', '/auth/me', { token })).body).toEqual(ada);
    expect((await change(token, { name: null })).body).toEqual({ ...ada, name: null });
    await change(token, { name: null });
    expect(await eventsOf(user.id)).toEqual(['user.registered', 'user.renamed', 'user.renamed']);
  });

  it('changes nothing else (attack: mass assignment of role, address or verification)', async () => {
    const { access_token: token, user } = await register(app);
    for (const extra of [{ role: 'admin' }, { email: 'x@example.com' }, { email_verified: true }, { epoch: 7 }]) {
      await expectProblem(change(token, { name: 'Ada', ...extra }), 400, 'validation_failed');
    }
    for (const bad of [{}, { name: '' }, { name: 'x'.repeat(201) }, { locale: 'xx' }, { locale: 7 }]) {
      await expectProblem(change(token, bad), 400, 'validation_failed');
    }
    expect((await call(app, 'GET', '/auth/me', { token })).body).toEqual({ ...user, locale: null });
    await expectProblem(change(undefined, { name: 'Ada' }), 401, 'token_missing');
  });

  it('sets the language of emails, which wins over that of the browser', async () => {
    const { access_token: token, user } = await register(app);
    const ask = (language: string) =>
      call(app, 'POST', '/auth/password/forgot', {
        body: { email: user.email },
        headers: { 'accept-language': language },
      });
    const languages = async () => (await mailsTo(app, user.email)).map(({ language }) => language);
    const again = () => app.db.query('DELETE FROM mail_outbox WHERE recipient = $1', [user.email]);
    expect(await languages()).toEqual(['en']);
    await ask('ko-KR,ko;q=0.9,en;q=0.8');
    expect(await languages()).toEqual(['en', 'ko']);
    await again();
    await ask('fr');
    expect(await languages()).toEqual(['en', 'ko', 'en']);
    await again();
    await change(token, { locale: 'ko' });
    await ask('en');
    expect(await languages()).toEqual(['en', 'ko', 'en', 'ko']);
    expect((await mailsTo(app, user.email)).at(-1)!.subject).toMatch(/[가-힣]/);
    await again();
    await change(token, { locale: null });
    await ask('en');
    expect(await languages()).toEqual(['en', 'ko', 'en', 'ko', 'en']);
  });
});

it('GET /auth/me shows the language that PATCH has set', async () => {
  const { access_token: token } = await register(app);
  const shown = async () => (await expectStatus(call(app, 'GET', '/auth/me', { token }), 200)).locale as unknown;
  expect(await shown()).toBeNull();
  expect(await expectStatus(change(token, { locale: 'ko' }), 200)).toMatchObject({ locale: 'ko' });
  expect(await shown()).toBe('ko');
  await change(token, { locale: null });
  expect(await shown()).toBeNull();
});

describe('POST /auth/me/delete', () => {
  it('deletes the account and everything in it, with the password', async () => {
    const { access_token: token, refresh_token: refreshToken, user } = await register(app);
    await call(app, 'POST', '/notes', { token, body: { title: 'First' } });
    await expectProblem(remove(app, token, 'a wrong password'), 403, 'password_incorrect');
    await expectProblem(remove(app, undefined), 401, 'token_missing');
    expect(await remove(app, token)).toMatchObject({ status: 204, body: undefined });

    await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_revoked');
    const refreshed = call(app, 'POST', '/auth/refresh', { body: { refresh_token: refreshToken } });
    await expectProblem(refreshed, 401, 'session_revoked');
    const credentials = { email: user.email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body: credentials }), 401, 'invalid_credentials');
    for (const table of ['sessions', 'notes', 'one_time_tokens']) {
      expect(await app.db.query(`SELECT 1 FROM ${table} WHERE user_id = $1`, [user.id])).toEqual([]);
    }
    await until(async () => (await eventsOf(user.id)).length === 3);
    expect(await eventsOf(user.id)).toEqual(['user.registered', 'user.password_refused', 'user.deleted']);
  });

  it('notifies the owner, and discards other queued emails', async () => {
    const on = await startAppForTest();
    const release = await holdMails(on);
    const { access_token: token, user } = await registerConfirmed(on);
    await remove(on, token);
    await release();
    const subjects = (await mailsTo(on, user.email)).map(({ subject }) => subject);
    expect(subjects).toEqual(['Your account at localhost:3000 was deleted']);
  });

  it('notifies the owner in the language they chose, not that of the browser', async () => {
    const { access_token: token, user } = await registerConfirmed(app);
    await change(token, { locale: 'ko' });
    const headers = { 'accept-language': 'en' };
    await expectStatus(call(app, 'POST', '/auth/me/delete', { token, body: { password: goodPassword }, headers }), 204);
    expect((await mailsTo(app, user.email)).at(-1)).toMatchObject({ language: 'ko' });
  });

  it('still notifies the previous address of its change (attack: a thief who changes it and deletes at once)', async () => {
    const on = await startAppForTest();
    const { access_token: token, user } = await registerConfirmed(on);
    const email = newEmail();
    await call(on, 'POST', '/auth/email', { token, body: { email, password: goodPassword } });
    const link = tokenIn((await mailsTo(on, email))[0]);
    const release = await holdMails(on);
    await expectStatus(call(on, 'POST', '/auth/email/verify', { body: { token: link, password: goodPassword } }), 204);
    expect((await remove(on, token)).status).toBe(204);
    await release();
    const subjects = (await mailsTo(on, user.email)).map(({ subject }) => subject);
    expect(subjects).toContain('Your email address at localhost:3000 was changed');
  });

  it('frees the address for a new account', async () => {
    const { access_token: token, user } = await register(app);
    await remove(app, token);
    expect((await register(app, { email: user.email })).user.id).not.toBe(user.id);
  });

  it('is refused to the last enabled admin, and changes nothing', async () => {
    const on = await startAppForTest();
    const admin = await makeAdmin(on);
    await expectProblem(remove(on, admin.access_token), 409, 'last_admin');
    expect((await call(on, 'GET', '/auth/me', { token: admin.access_token })).status).toBe(200);
    const other = await makeAdmin(on);
    expect((await remove(on, admin.access_token)).status).toBe(204);
    await expectProblem(remove(on, other.access_token), 409, 'last_admin');
  });

  it('is refused with a password that was just replaced (attack: a thief who deletes what was taken back)', async () => {
    const { access_token: stolen, user } = await register(app);
    const { access_token: own } = await login(app, user.email);
    const body = { current_password: goodPassword, new_password: 'another long password of hers' };
    const held = await holdRow(app.db, 'users', user.id);
    const [changed, deleted] = await lineUp(app.db, held, [
      () => call(app, 'POST', '/auth/password', { token: own, body }),
      () => remove(app, stolen),
    ]);
    expect(changed!.status).toBe(200);
    await expectProblem(deleted!, 403, 'password_incorrect');
    const { access_token: renewed } = changed!.body as Tokens;
    expect((await call(app, 'GET', '/auth/me', { token: renewed })).status).toBe(200);
  });

  it('one of two last admins remains when both delete themselves at the same moment', async () => {
    const on = await startAppForTest();
    const admins = [await makeAdmin(on), await makeAdmin(on)];
    const statuses = await Promise.all(admins.map(async ({ access_token: token }) => (await remove(on, token)).status));
    expect(statuses.sort()).toEqual([204, 409]);
  });

  it('clears the cookies of a browser', async () => {
    const { user } = await register(app);
    const body = { email: user.email, password: goodPassword, delivery: 'cookie' };
    const signedIn = await call(app, 'POST', '/auth/login', { body, headers: { origin: 'http://localhost:3000' } });
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const headers = { cookie, origin: 'http://localhost:3000' };
    const evil = { cookie, origin: 'https://evil.example' };
    const wanted = { body: { password: goodPassword } };
    await expectProblem(call(app, 'POST', '/auth/me/delete', { ...wanted, headers: evil }), 403, 'csrf_rejected');
    const response = await call(app, 'POST', '/auth/me/delete', { ...wanted, headers });
    expect(response.status).toBe(204);
    const cleared = response.headers.getSetCookie().filter((line) => line.includes('Max-Age=0'));
    expect(cleared.map((line) => line.split('=')[0])).toEqual(['__Host-pawl_access', '__Host-pawl_refresh']);
  });
});

describe('GET /auth/me/export', () => {
  it('returns everything stored about the user, as a file', async () => {
    const { access_token: token, user, session_id: sessionId } = await register(app, { name: 'Ada "the" 이름' });
    await mailsTo(app, user.email);
    for (let i = 0; i < 105; i++) await call(app, 'POST', '/notes', { token, body: { title: `Note ${i}` } });
    await login(app, user.email);
    const { status, headers, body } = await exportOf(token);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="pawl-export.json"');
    expect(headers.get('cache-control')).toBe('no-store');
    const more = { disabled: false, last_sign_in_at: expect.any(String), locale: null, second_factor: false };
    expect(body.user).toEqual({ ...user, ...more });
    expect(body.notes).toHaveLength(105);
    expect(new Set(body.notes.map(({ title }: { title: string }) => title)).size).toBe(105);
    expect(body.sessions).toHaveLength(2);
    expect(body.sessions[1]).toMatchObject({ id: sessionId, ip: '127.0.0.1', client_id: 'pawl', revoked_at: null });
    expect(body.activity.map(({ event }: { event: string }) => event)).toEqual(
      expect.arrayContaining(['user.registered', 'user.signed_in']),
    );
    expect(body.links).toEqual([expect.objectContaining({ purpose: 'verify_email', email: user.email })]);
    expect(body.mails).toEqual([expect.objectContaining({ letter: 'verify_email', recipient: user.email })]);
    // A new resource adds its own. The OpenAPI document lists them all: see the next test.
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(['activity', 'exported_at', 'links', 'mails', 'notes', 'sessions', 'user']),
    );
  });

  it('has the shape that the OpenAPI document describes', async () => {
    const { access_token: token } = await register(app);
    const { body: document } = await call(app, 'GET', '/docs-json');
    const documented = Object.keys(document.components.schemas.PersonalDataExport.properties);
    expect(Object.keys((await exportOf(token)).body).sort()).toEqual(documented.sort());
  });

  it('contains nothing that opens the account, and nothing about others (attack: an export with a stolen access token)', async () => {
    const [mine, other] = [await register(app), await register(app)];
    await call(app, 'POST', '/notes', { token: other.access_token, body: { title: 'Private' } });
    await call(app, 'POST', '/auth/password/forgot', { body: { email: mine.user.email } });
    await mailsTo(app, mine.user.email);
    const { body } = await exportOf(mine.access_token);
    const text = JSON.stringify(body);
    expect(text).not.toMatch(/argon2|password_hash|token_hash|state_hash|"epoch"|nonce|#token=/);
    for (const secret of [other.user.id, other.user.email, 'Private']) expect(text).not.toContain(secret);
    await expectProblem(exportOf(undefined), 401, 'token_missing');
    await until(async () => (await eventsOf(mine.user.id)).includes('user.data_exported'));
  });

  it('is refused to a user who was deleted meanwhile', async () => {
    const { access_token: token, user } = await register(app);
    await app.db.query('DELETE FROM users WHERE id = $1', [user.id]);
    await expectProblem(exportOf(token), 401, 'token_revoked');
  });

  it('is refused to services, like the other endpoints of an account', async () => {
    const token = await serviceToken(app, await newClient(app, await makeAdmin(app)));
    await expectProblem(exportOf(token), 403, 'user_required');
    await expectProblem(change(token, { name: 'Ada' }), 403, 'user_required');
    await expectProblem(remove(app, token), 403, 'user_required');
  });
});

it('wrong passwords count together at every endpoint that asks for one (attack: guessing at several endpoints)', async () => {
  const on = await startAppForTest({ env: { RATE_LIMITS: 'on', LIMIT_ACCOUNT_FAILURES: '3/1d' } });
  const { access_token: token } = await register(on);
  const doors = (password: string) => [
    () => remove(on, token, password),
    () => call(on, 'POST', '/auth/email', { token, body: { email: newEmail(), password } }),
    () => call(on, 'POST', '/auth/password', { token, body: { current_password: password, new_password: password } }),
  ];
  const [first, ...others] = doors('a wrong password');
  await expectProblem(first!(), 403, 'password_incorrect');
  // As if there had been ten: the next one makes the account refuse for minutes.
  await on.db.query(`UPDATE rate_limits SET points = 10 WHERE key LIKE 'pawl:account-failures:%'`);
  await expectProblem(others[0]!(), 403, 'password_incorrect');
  for (const door of doors(goodPassword)) await expectProblem(door(), 429, 'rate_limited');
});
