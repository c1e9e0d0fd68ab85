import { linkMinutes } from '../../src/emails/email-templates.js';
import { OneTimeTokens } from '../../src/emails/one-time-tokens.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { call, expectProblem, goodPassword, login, newEmail, register, visible } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';
import { mailsTo, tokenIn } from './mailbox.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const verify = (token: unknown, on = app) =>
  call(on, 'POST', '/auth/email/verify', { body: { token, password: goodPassword } });
const resend = (email: string, on = app) => call(on, 'POST', '/auth/email/resend', { body: { email } });
const forgot = (email: string) => call(app, 'POST', '/auth/password/forgot', { body: { email } });

async function isVerified(accessToken: string): Promise<boolean> {
  const { body } = await call(app, 'GET', '/auth/me', { token: accessToken });
  return (body as { email_verified: boolean }).email_verified;
}

async function confirmationsOf(userId: string): Promise<number> {
  const query = `SELECT 1 FROM audit_events WHERE event = 'user.email_verified' AND subject_user_id = $1`;
  return (await app.db.query(query, [userId])).length;
}

/** A new user and the token of the email that followed. */
async function registered() {
  const tokens = await register(app);
  const { email } = tokens.user;
  const [mail] = await mailsTo(app, email);
  return { ...tokens, email, token: tokenIn(mail) };
}

it('a registration sends a link that confirms the address', async () => {
  const { access_token: accessToken, token } = await registered();
  expect(await isVerified(accessToken)).toBe(false);
  expect(await verify(token)).toMatchObject({ status: 204, body: undefined });
  expect(await isVerified(accessToken)).toBe(true);
});

it('a link that is opened twice is 204 both times, and confirms once', async () => {
  const { token, user } = await registered();
  const first = await verify(token);
  const second = await verify(token);
  expect([first.status, second.status]).toEqual([204, 204]);
  expect(await confirmationsOf(user.id)).toBe(1);
  const exported = await call(app, 'GET', '/auth/me/export', { token: (await login(app, user.email)).access_token });
  expect((exported.body as { links: unknown[] }).links).toEqual([]);
});

it('only the first use of a link issues a device token (attack: collecting them)', async () => {
  const limited = await startAppForTest({ env: { RATE_LIMITS: 'on' } });
  const { user } = await register(limited);
  const token = tokenIn((await mailsTo(limited, user.email))[0]);
  expect((await verify(token, limited)).headers.get('pawl-device')).toMatch(/^pwd1_/);
  const again = await verify(token, limited);
  expect(again.status).toBe(204);
  expect(again.headers.get('pawl-device')).toBeNull();
  expect(again.headers.getSetCookie()).toEqual([]);
});

it('concurrent uses of a link are all 204, and confirm once', async () => {
  const { token, user } = await registered();
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await verify(token)).status));
  expect(statuses).toEqual(Array.from({ length: 8 }, () => 204));
  expect(await confirmationsOf(user.id)).toBe(1);
});

it.each(['a used link', 'an unused link'])(
  'a sign-out everywhere voids %s (attack: a link that outlives it)',
  async (which) => {
    const { access_token: accessToken, token } = await registered();
    if (which === 'a used link') await verify(token);
    expect((await call(app, 'POST', '/auth/logout-all', { token: accessToken })).status).toBe(204);
    await expectProblem(verify(token), 400, 'one_time_token_invalid');
  },
);

it('a link works for an hour', async () => {
  const ofLater = await startAppForTest();
  const users = [await register(ofLater), await register(ofLater)];
  const tokens = await Promise.all(users.map(async ({ user }) => tokenIn((await mailsTo(ofLater, user.email))[0])));
  ofLater.clock.advanceSeconds(60 * linkMinutes.verify_email - 20);
  expect((await verify(tokens[0], ofLater)).status).toBe(204);
  ofLater.clock.advanceSeconds(40);
  await expectProblem(verify(tokens[1], ofLater), 400, 'one_time_token_invalid');
  await ofLater.nest.get(OneTimeTokens, { strict: false }).deleteExpired();
  expect(await ofLater.db.query('SELECT 1 FROM one_time_tokens')).toEqual([]);
});

it('a token works only for its own purpose', async () => {
  const { email, token } = await registered();
  await forgot(email);
  const mails = await mailsTo(app, email);
  const resetToken = tokenIn(mails[1]);
  await expectProblem(verify(resetToken), 400, 'one_time_token_invalid');
  const body = { token, password: 'another long password' };
  await expectProblem(call(app, 'POST', '/auth/password/reset', { body }), 400, 'one_time_token_invalid');
  // Neither attempt has consumed the token.
  expect((await verify(token)).status).toBe(204);
});

it('a text that is not one of our tokens is refused: unknown, empty, long, or another spelling of the same bytes', async () => {
  const { token } = await registered();
  const last = token.at(-1)!;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  // 43 characters hold 258 bits, and a decoder ignores the last two.
  const respelled = token.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1]!;
  expect(Buffer.from(respelled, 'base64url')).toEqual(Buffer.from(token, 'base64url'));
  for (const bad of ['A'.repeat(43), '', 'x'.repeat(10_000), `${token}=`, ` ${token}`, respelled]) {
    await expectProblem(verify(bad), 400, 'one_time_token_invalid');
  }
  for (const bad of [null, 7, ['a'], `${token}\u0000`]) await expectProblem(verify(bad), 400, 'validation_failed');
  expect((await verify(token)).status).toBe(204);
});

it('an older link still works after a newer one was sent, and the newer one changes nothing after it', async () => {
  const later = await startAppForTest();
  const { user } = await register(later);
  await mailsTo(later, user.email);
  later.clock.advanceSeconds(61);
  await resend(user.email, later);
  const mails = await mailsTo(later, user.email);
  const [first, second] = mails.map(tokenIn);
  expect(first).not.toBe(second);
  expect((await verify(first, later)).status).toBe(204);
  expect((await verify(second, later)).status).toBe(204);
  const events = await later.db.query(`SELECT 1 FROM audit_events WHERE event = 'user.email_verified'`);
  expect(events).toHaveLength(1);
});

it('a resend gets the same response for every address, and only unconfirmed users get an email', async () => {
  const { email: known, token } = await registered();
  await verify(token);
  const waiting = newEmail();
  await register(app, { email: waiting });
  const disabled = newEmail();
  await register(app, { email: disabled });
  for (const email of [waiting, disabled]) expect(await mailsTo(app, email)).toHaveLength(1);
  await app.db.query('UPDATE users SET disabled = true WHERE email = $1', [disabled]);
  // Simulates that they were sent long ago.
  await app.db.query('DELETE FROM mail_outbox');
  const unknown = newEmail();
  const addresses = [waiting, known, unknown, disabled];
  const answers: Answer[] = [];
  for (const address of addresses) answers.push(await resend(address));
  for (const answer of answers) expect(visible(answer)).toEqual(visible(answers[0]!));
  expect(answers[0]).toMatchObject({ status: 202, body: undefined });
  const counts = await Promise.all(addresses.map(async (address) => (await mailsTo(app, address)).length));
  // One each is the email of the registration.
  expect(counts).toEqual([2, 1, 0, 1]);
});

it('links are built from PUBLIC_URL or FRONTEND_URL (attack: a Host header that sends the token elsewhere)', async () => {
  const ownPages = await startAppForTest({ env: { PUBLIC_URL: 'https://auth.example.com/identity' } });
  const frontend = await startAppForTest({ env: { FRONTEND_URL: 'https://app.example.com/' } });
  const expected = [
    [ownPages, 'https://auth.example.com/identity/account/verify-email#token='],
    [frontend, 'https://app.example.com/verify-email#token='],
  ] as const;
  for (const [on, link] of expected) {
    const email = newEmail();
    const body = JSON.stringify({ email, password: 'correct horse battery staple' });
    const headers = [
      ['Host', 'evil.example'],
      ['X-Forwarded-Host', 'evil.example'],
      ['Forwarded', 'host=evil.example'],
      ['Content-Type', 'application/json'],
    ] as const;
    expect((await rawCall(on, { method: 'POST', path: '/auth/register', headers, body })).status).toBe(201);
    const [mail] = await mailsTo(on, email);
    expect(mail!.text).toContain(`\n${link}`);
    expect(mail!.html).toContain(`href="${link}`);
    expect(mail!.text + mail!.html).not.toContain('evil');
  }
});

it('a token is neither stored nor logged (attack: reading the database or the log)', async () => {
  const log = recordingDestination();
  const on = await startAppForTest({ logDestination: log, env: { LOG_LEVEL: 'trace' } });
  const { user } = await register(on);
  await call(on, 'POST', '/auth/password/forgot', { body: { email: user.email } });
  const tokens = (await mailsTo(on, user.email)).map(tokenIn);
  expect(tokens).toHaveLength(2);
  await verify(tokens[0], on);
  await verify(tokens[0], on);
  const rows = await on.db.query<{ row: string }>(
    `SELECT to_jsonb(t)::text AS row FROM one_time_tokens t UNION ALL SELECT to_jsonb(o)::text FROM mail_outbox o`,
  );
  const everything = [...log.lines, ...rows.map(({ row }) => row)].join('\n');
  expect(everything).toContain('An email was sent');
  for (const token of tokens) {
    expect(everything).not.toContain(token);
    expect(everything).not.toContain(Buffer.from(token).toString('hex'));
    expect(everything).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
  }
  expect(log.text).not.toContain(user.email);
});
