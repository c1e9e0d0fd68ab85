import { PrismaService } from '../../src/database/prisma.service.js';
import { SignInCodes } from '../../src/emails/sign-in-codes.js';
import { KeyRing } from '../../src/secrets/key-ring.js';
import { findToken, mailsTo, sendMails, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  newEmail,
  register,
  registerConfirmed,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { addApp, claimsOf, codeOf, registerWithApp, respond } from './factor-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function emailFor(email: string, on = app) {
  await expectStatus(call(on, 'POST', '/auth/link', { body: { email } }), 202);
  const mail = (await mailsTo(on, email)).at(-1)!;
  return { mail, token: tokenIn(mail), code: /\b(\d{6})\b/.exec(mail.text)![1]! };
}

function linkLogin(body: Record<string, unknown>, on = app) {
  return call(on, 'POST', '/auth/link/login', { body });
}

describe('an email to sign in with', () => {
  it('has a link and a code; either signs in once', async () => {
    const { user } = await registerConfirmed(app);
    const { token } = await emailFor(user.email);
    const byLink = await expectStatus(linkLogin({ token }), 200);
    expect(claimsOf(byLink)).toMatchObject({ amr: ['email'], acr: 'aal1' });
    await expectProblem(linkLogin({ token }), 400, 'one_time_token_invalid');
    app.clock.advanceSeconds(61);
    const { code } = await emailFor(user.email);
    const byCode = await expectStatus(linkLogin({ email: user.email, code }), 200);
    expect(claimsOf(byCode).amr).toEqual(['email']);
    await expectProblem(linkLogin({ email: user.email, code }), 401, 'code_invalid');
  });

  it('the use of one voids the other', async () => {
    const { user } = await registerConfirmed(app);
    const { token, code } = await emailFor(user.email);
    await expectStatus(linkLogin({ email: user.email, code }), 200);
    await expectProblem(linkLogin({ token }), 400, 'one_time_token_invalid');
  });

  it('works for ten minutes', async () => {
    const { user } = await registerConfirmed(app);
    const { token, code } = await emailFor(user.email);
    app.clock.advanceSeconds(601);
    await expectProblem(linkLogin({ token }), 400, 'one_time_token_invalid');
    await expectProblem(linkLogin({ email: user.email, code }), 401, 'code_invalid');
  });

  it('puts the tokens into cookies if asked to, but not for another site', async () => {
    const { user } = await registerConfirmed(app);
    const { token } = await emailFor(user.email);
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const body = { token, delivery: 'cookie' };
    await expectProblem(call(app, 'POST', '/auth/link/login', { body, headers }), 403, 'csrf_rejected');
    const answer = await linkLogin(body);
    expect(answer.headers.getSetCookie().join()).toContain('__Host-pawl_refresh=');
  });

  it('is not sent to an address without an account, and the response is the same', async () => {
    const email = newEmail();
    const answers = [
      await call(app, 'POST', '/auth/link', { body: { email } }),
      await call(app, 'POST', '/auth/link', { body: { email: (await registerConfirmed(app)).user.email } }),
    ];
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual([
      { status: 202, body: undefined },
      { status: 202, body: undefined },
    ]);
    expect(await mailsTo(app, email)).toEqual([]);
    const code = '123456';
    await expectProblem(linkLogin({ email, code }), 401, 'code_invalid');
  });

  it('is not sent to a disabled user', async () => {
    const { user } = await registerConfirmed(app);
    await app.db.query('UPDATE users SET disabled = true WHERE id = $1', [user.id]);
    await expectStatus(call(app, 'POST', '/auth/link', { body: { email: user.email } }), 202);
    expect((await mailsTo(app, user.email)).filter((mail) => findToken(mail) && /Sign in/.test(mail.subject))).toEqual(
      [],
    );
  });

  it('is in the reader’s language, and its link leads to the page of the frontend', async () => {
    const on = await startAppForTest({ env: { FRONTEND_URL: 'https://app.example.com' } });
    const { user } = await registerConfirmed(on);
    const headers = { 'accept-language': 'ko' };
    await expectStatus(call(on, 'POST', '/auth/link', { body: { email: user.email }, headers }), 202);
    const mail = (await mailsTo(on, user.email)).at(-1)!;
    expect(mail.language).toBe('ko');
    expect(mail.text).toMatch(/코드는 \d{6}입니다/);
    expect(mail.text).toMatch(/https:\/\/app\.example\.com\/sign-in#token=/);
  });

  it('the code is neither stored nor found by trying all of them (attack: reading the database)', async () => {
    const { user } = await registerConfirmed(app);
    const { code } = await emailFor(user.email);
    const [row] = await app.db.query(`SELECT * FROM one_time_tokens WHERE user_id = $1 AND purpose = 'sign_in'`, [
      user.id,
    ]);
    expect(JSON.stringify(row)).not.toContain(code);
  });
});

describe('a code', () => {
  it('dies with the fifth wrong try, on all instances together; the link still works (attack: guessing)', async () => {
    const other = await startAppForTest({ database: app.db, clock: app.clock });
    const { user } = await registerConfirmed(app);
    const { token, code } = await emailFor(user.email);
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    for (let i = 0; i < 5; i++) {
      await expectProblem(linkLogin({ email: user.email, code: wrong }, i % 2 ? app : other), 401, 'code_invalid');
    }
    await expectProblem(linkLogin({ email: user.email, code }), 401, 'code_invalid');
    await expectStatus(linkLogin({ token }), 200);
  });

  it('costs the same commit for an unknown address (attack: asking who has an account by the time that it takes)', async () => {
    const { user } = await registerConfirmed(app);
    await emailFor(user.email);
    const db = app.nest.get(PrismaService, { strict: false });
    const writes = (email: string) =>
      db.$transaction(async (tx) => {
        const codes = new SignInCodes(tx as PrismaService, app.clock, app.nest.get(KeyRing, { strict: false }));
        expect(await codes.tryCode(email, 'x')).toBeUndefined();
        const [row] = await tx.$queryRaw<{ writes: boolean }[]>`
          SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS writes`;
        return row!.writes;
      });
    // A transaction with an id is written to disk when it commits; one without waits for nothing.
    expect(await writes(user.email)).toBe(true);
    expect(await writes(newEmail())).toBe(true);
  });

  it('of an earlier email does not work once there is a newer one', async () => {
    const { user } = await registerConfirmed(app);
    const first = await emailFor(user.email);
    app.clock.advanceSeconds(61);
    const second = await emailFor(user.email);
    expect(second.token).not.toBe(first.token);
    if (first.code !== second.code) {
      await expectProblem(linkLogin({ email: user.email, code: first.code }), 401, 'code_invalid');
    }
    await expectStatus(linkLogin({ email: user.email, code: second.code }), 200);
  });

  it('of another address does not work', async () => {
    const [mine, theirs] = [await registerConfirmed(app), await registerConfirmed(app)];
    const { code } = await emailFor(theirs.user.email);
    const own = await emailFor(mine.user.email);
    if (own.code !== code) {
      await expectProblem(linkLogin({ email: mine.user.email, code }), 401, 'code_invalid');
      await expectProblem(linkLogin({ email: theirs.user.email, code: own.code }), 401, 'code_invalid');
    }
  });

  it('is delayed after many wrong ones, and neither the link nor the password is', async () => {
    const on = await startAppForTest({ env: { RATE_LIMITS: 'on' } });
    const { user } = await registerConfirmed(on);
    const { token } = await emailFor(user.email, on);
    const codes: string[] = [];
    for (let i = 0; i < 8; i++) codes.push((await linkLogin({ email: user.email, code: '000000' }, on)).body.code);
    expect(codes).toContain('rate_limited');
    await expectStatus(linkLogin({ token }, on), 200);
    await login(on, user.email);
  });

  it('is guessed by one address a limited number of times, whichever accounts it is for (attack: guessing)', async () => {
    const on = await startAppForTest({ env: { RATE_LIMITS: 'on', LIMIT_ADDRESS_FAILURES: '3/15m' } });
    const guess = () => linkLogin({ email: newEmail(), code: '000000' }, on);
    for (let i = 0; i < 3; i++) await expectProblem(guess(), 401, 'code_invalid');
    await expectProblem(guess(), 429, 'rate_limited');
  });

  it('and token, or neither, is refused as malformed', async () => {
    for (const body of [
      {},
      { email: newEmail() },
      { code: '123456' },
      { token: 'x', code: '123456', email: newEmail() },
    ]) {
      await expectProblem(linkLogin(body), 400, 'validation_failed');
    }
  });
});

describe('an address that was not confirmed', () => {
  it('is confirmed, and the password and the sessions of before are void (attack: registering somebody’s address)', async () => {
    const attacker = await register(app);
    const { email } = attacker.user;
    const { token } = await emailFor(email);
    const owner = await expectStatus(linkLogin({ token }), 200);
    expect(owner.user).toMatchObject({ id: attacker.user.id, email_verified: true });
    await expectProblem(
      call(app, 'POST', '/auth/login', { body: { email, password: goodPassword } }),
      401,
      'invalid_credentials',
    );
    await expectProblem(call(app, 'GET', '/auth/me', { token: attacker.access_token }), 401, 'token_revoked');
    const body = { refresh_token: attacker.refresh_token };
    await expectProblem(call(app, 'POST', '/auth/refresh', { body }), 401, 'session_revoked');
    await expectStatus(call(app, 'GET', '/auth/me', { token: owner.access_token }), 200);
  });

  it('keeps its second factor: an email never lowers what a sign-in needs', async () => {
    const user = await addApp(app, await register(app));
    const { token } = await emailFor(user.email);
    const { body: problem } = await expectProblem(linkLogin({ token }), 401, 'second_factor_required');
    const signedIn = await expectStatus(respond(app, { challenge: problem.challenge, code: codeOf(user, app) }), 200);
    expect(claimsOf(signedIn)).toMatchObject({ amr: ['email', 'otp', 'mfa'], acr: 'aal2' });
  });

  it('signs in with REQUIRE_VERIFIED_EMAIL, because the email proves it', async () => {
    const on = await startAppForTest({ env: { REQUIRE_VERIFIED_EMAIL: 'on' } });
    const email = newEmail();
    await expectStatus(call(on, 'POST', '/auth/register', { body: { email, password: goodPassword } }), 202);
    on.clock.advanceSeconds(61);
    await sendMails(on);
    const { token } = await emailFor(email, on);
    await expectStatus(linkLogin({ token }, on), 200);
  });
});

it('a confirmed address keeps its password and its sessions', async () => {
  const { user, access_token: before } = await registerConfirmed(app);
  const { token } = await emailFor(user.email);
  await expectStatus(linkLogin({ token }), 200);
  await expectStatus(call(app, 'GET', '/auth/me', { token: before }), 200);
  await login(app, user.email);
});

it('a second factor is still asked for', async () => {
  const user = await registerWithApp(app);
  const { code } = await emailFor(user.email);
  const { body: problem } = await expectProblem(linkLogin({ email: user.email, code }), 401, 'second_factor_required');
  expect(problem.factors).toEqual(['totp', 'recovery_code']);
  await expectStatus(respond(app, { challenge: problem.challenge, code: codeOf(user, app) }), 200);
});

it('without a way to send email it is 501', async () => {
  const on = await startAppForTest({
    env: { NODE_ENV: 'production', PUBLIC_URL: 'https://auth.example.com', REQUIRE_VERIFIED_EMAIL: 'off' },
  });
  await expectProblem(call(on, 'POST', '/auth/link', { body: { email: newEmail() } }), 501, 'mail_not_configured');
});

it('one address can ask LIMIT_LINK times', async () => {
  const on = await startAppForTest({ env: { RATE_LIMITS: 'on', LIMIT_LINK: '2/1h' } });
  const ask = () => call(on, 'POST', '/auth/link', { body: { email: newEmail() } });
  expect([(await ask()).status, (await ask()).status]).toEqual([202, 202]);
  await expectProblem(ask(), 429, 'rate_limited');
});
