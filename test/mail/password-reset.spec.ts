import { createHash } from 'node:crypto';
import { PrismaService } from '../../src/database/prisma.service.js';
import { OneTimeTokens } from '../../src/emails/one-time-tokens.js';
import { trailOf } from '../audit/trail.js';
import { cookiesOf } from '../auth/cookies.js';
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
  newEmail,
  refresh,
  register,
  visible,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { holdMails, mailsTo, tokenIn } from './mailbox.js';

const newPassword = 'another long and good password';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const forgot = (email: string, on = app) => call(on, 'POST', '/auth/password/forgot', { body: { email } });
const reset = (token: unknown, password = newPassword, on = app) =>
  call(on, 'POST', '/auth/password/reset', { body: { token, password } });
const signingIn = (email: string, password: string, on = app) =>
  call(on, 'POST', '/auth/login', { body: { email, password } });
const statusOf = async (response: Promise<Answer>) => (await response).status;

/** The token of the link that was sent to the address. */
async function linkFor(email: string, on = app): Promise<string> {
  await expectStatus(forgot(email, on), 202);
  return tokenIn((await mailsTo(on, email)).at(-1));
}

/** A new user and a reset link. */
async function forgetful(on = app): Promise<Tokens & { email: string; token: string }> {
  const tokens = await register(on);
  const { email } = tokens.user;
  return { ...tokens, email, token: await linkFor(email, on) };
}

const expectDead = (token: string, on = app) =>
  expectProblem(reset(token, newPassword, on), 400, 'one_time_token_invalid');

async function subjectsTo(email: string, on = app): Promise<string[]> {
  return (await mailsTo(on, email)).map(({ subject }) => subject);
}

const [confirm, choose, changed] = [
  'Confirm your email address for localhost:3000',
  'Choose a new password for localhost:3000',
  'Your password at localhost:3000 was changed',
];

describe('a forgotten password', () => {
  it('gets the same response for every address, and only users are sent a link', async () => {
    const known = (await register(app)).user.email;
    const disabled = (await register(app)).user.email;
    await mailsTo(app, disabled);
    await app.db.query('UPDATE users SET disabled = true WHERE email = $1', [disabled]);
    const addresses = [known, newEmail(), disabled];
    const responses: Answer[] = [];
    for (const email of addresses) responses.push(await forgot(email));
    expect(responses[0]).toMatchObject({ status: 202, body: undefined });
    for (const response of responses) expect(visible(response)).toEqual(visible(responses[0]!));
    const subjects = await Promise.all(addresses.map((email) => subjectsTo(email)));
    expect(subjects).toEqual([[confirm, choose], [], [confirm]]);
  });

  it('accepts the address in any case', async () => {
    const { user } = await register(app);
    await expectStatus(forgot(` ${user.email.toUpperCase()}`), 202);
    expect(await subjectsTo(user.email)).toEqual([confirm, choose]);
  });

  it('gets its response at once: the account is looked up when the email is sent, so the response time reveals nothing', async () => {
    const held = await startAppForTest();
    await holdMails(held);
    const [known, unknown] = [(await register(held)).user.email, newEmail()];
    for (const email of [known, unknown]) await forgot(email, held);
    const rows = await held.db.query(
      `SELECT recipient, user_id, letter FROM mail_outbox WHERE letter = 'reset_password' ORDER BY id`,
    );
    const same = { user_id: null, letter: 'reset_password' };
    expect(rows).toEqual([
      { recipient: known, ...same },
      { recipient: unknown, ...same },
    ]);
  });
});

describe('choosing a new password with a link', () => {
  it('replaces the old one', async () => {
    const { email, token } = await forgetful();
    await expectStatus(reset(token), 204);
    await expectProblem(signingIn(email, goodPassword), 401, 'invalid_credentials');
    await login(app, email, newPassword);
  });

  it('ends every session at once, and starts none (attack: an intruder stays signed in)', async () => {
    const first = await forgetful();
    const second = await login(app, first.email);
    const response = await reset(first.token);
    expect(response).toMatchObject({ status: 204, body: undefined });
    expect(response.headers.getSetCookie()).toEqual([]);
    for (const { access_token: token, refresh_token: refreshToken } of [first, second]) {
      await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_revoked');
      await expectProblem(refresh(app, refreshToken), 401, 'session_revoked');
    }
    const live = 'SELECT 1 FROM sessions WHERE user_id = $1 AND revoked_at IS NULL';
    expect(await app.db.query(live, [first.user.id])).toEqual([]);
  });

  it('notifies the user, and is audited with ids only', async () => {
    const { user, email, token } = await forgetful();
    await reset(token);
    expect(await subjectsTo(email)).toEqual([confirm, choose, changed]);
    const trail = await trailOf(app.db, user.id);
    expect(trail.at(-1)).toEqual({
      event: 'user.password_reset',
      actor_user_id: null,
      actor_client_id: null,
      subject_user_id: user.id,
      subject_client_id: null,
      session_id: null,
      ip: '127.0.0.1',
      details: null,
    });
  });

  it('confirms the address that the link was sent to', async () => {
    const { email, token } = await forgetful();
    await reset(token);
    const { user } = await login(app, email, newPassword);
    expect(user).toMatchObject({ email_verified: true });
  });

  it('gives a password to a user who was imported without one', async () => {
    const { user } = await register(app);
    await app.db.query(`UPDATE users SET password_hash = '!' WHERE id = $1`, [user.id]);
    await expectProblem(signingIn(user.email, '!'), 401, 'invalid_credentials');
    await expectStatus(reset(await linkFor(user.email)), 204);
    await login(app, user.email, newPassword);
  });

  it.each([
    ['too short', 'short', 'validation_failed'],
    ['common', 'password123', 'password_too_weak'],
  ] as const)('that is %s is 400, and the link stays good', async (_, password, code) => {
    const { email, token } = await forgetful();
    const { body } = await expectProblem(reset(token, password), 400, code);
    expect(body).toMatchObject({ errors: [{ path: 'password' }] });
    await login(app, email);
    await expectStatus(reset(token), 204);
  });

  it('refuses the address of the user as a password', async () => {
    const { email, token } = await forgetful();
    await expectProblem(reset(token, email), 400, 'password_too_weak');
  });
});

describe('a reset link does not work', () => {
  it('after it was used', async () => {
    const { email, token } = await forgetful();
    await expectStatus(reset(token), 204);
    await expectProblem(reset(token, 'a third password of the thief'), 400, 'one_time_token_invalid');
    await login(app, email, newPassword);
  });

  it('for all but one of several concurrent requests', async () => {
    const { email, token, user } = await forgetful();
    const passwords = Array.from({ length: 6 }, (_, i) => `password of the racer ${i}`);
    const statuses = await Promise.all(passwords.map((password) => statusOf(reset(token, password))));
    expect([...statuses].sort()).toEqual([204, 400, 400, 400, 400, 400]);
    await login(app, email, passwords[statuses.indexOf(204)]);
    const resets = (await trailOf(app.db, user.id)).filter(({ event }) => event === 'user.password_reset');
    expect(resets).toHaveLength(1);
  });

  it('for all but one of several concurrent transactions, even if the first one leaves the user as it was', async () => {
    const { token } = await forgetful();
    const [tokens, db] = [app.nest.get(OneTimeTokens), app.nest.get(PrismaService)];
    const take = () => db.$transaction((tx) => tokens.take(tx, token, 'reset_password'));
    const taken = await Promise.all(Array.from({ length: 4 }, take));
    expect(taken.filter((found) => found !== undefined)).toHaveLength(1);
  });

  it('after half an hour', async () => {
    const later = await startAppForTest();
    const [early, late] = [await forgetful(later), await forgetful(later)];
    later.clock.advanceSeconds(30 * 60 - 20);
    await expectStatus(reset(early.token, newPassword, later), 204);
    later.clock.advanceSeconds(40);
    await expectDead(late.token, later);
    await login(later, late.email);
  });

  it('after the password was changed', async () => {
    const { access_token: accessToken, token } = await forgetful();
    const body = { current_password: goodPassword, new_password: newPassword };
    await expectStatus(call(app, 'POST', '/auth/password', { token: accessToken, body }), 200);
    await expectDead(token);
  });

  it('after the address was changed (attack: a mailbox that the user has lost)', async () => {
    const { access_token: accessToken, token } = await forgetful();
    const email = newEmail();
    await call(app, 'POST', '/auth/email', { token: accessToken, body: { email, password: goodPassword } });
    const confirmation = tokenIn((await mailsTo(app, email))[0]);
    await expectStatus(
      call(app, 'POST', '/auth/email/verify', { body: { token: confirmation, password: goodPassword } }),
      204,
    );
    await expectDead(token);
    await login(app, email);
  });

  it('while the account is disabled', async () => {
    const { user, token } = await forgetful();
    const { access_token: admin } = await makeAdmin(app);
    const disable = call(app, 'PATCH', `/users/${user.id}`, { token: admin, body: { disabled: true } });
    await expectStatus(disable, 200);
    await expectDead(token);
  });

  it('after the account was deleted', async () => {
    const { access_token: accessToken, token } = await forgetful();
    const body = { password: goodPassword };
    await expectStatus(call(app, 'POST', '/auth/me/delete', { token: accessToken, body }), 204);
    await expectDead(token);
  });
});

describe('asking again', () => {
  it('sends one email a minute (attack: flooding a mailbox)', async () => {
    const later = await startAppForTest();
    const { email } = await forgetful(later);
    for (let i = 0; i < 3; i++) await forgot(email, later);
    expect(await subjectsTo(email, later)).toEqual([confirm, choose]);
    later.clock.advanceSeconds(61);
    await forgot(email, later);
    expect(await subjectsTo(email, later)).toEqual([confirm, choose, choose]);
  });

  it('many times at once sends one email', async () => {
    const { user } = await register(app);
    await Promise.all(Array.from({ length: 10 }, () => forgot(user.email)));
    expect(await subjectsTo(user.email)).toEqual([confirm, choose]);
  });

  it('keeps the earlier link valid until one of them is used', async () => {
    const later = await startAppForTest();
    const story = async (used: 0 | 1) => {
      const { email, token } = await forgetful(later);
      later.clock.advanceSeconds(61);
      const links = [token, await linkFor(email, later)];
      expect(links[0]).not.toBe(links[1]);
      await expectStatus(reset(links[used], newPassword, later), 204);
      for (const link of links) await expectDead(link, later);
    };
    await story(0);
    await story(1);
  });
});

describe('an account that is locked by wrong guesses of others', () => {
  const env = { RATE_LIMITS: 'on', LIMIT_ACCOUNT_FAILURES: '3/1d' };
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startApp({ env });
  });
  afterAll(() => limited.close());

  const withDevice = (email: string, headers: Record<string, string>) =>
    call(limited, 'POST', '/auth/login', { body: { email, password: newPassword }, headers });

  /** Guesses at the account until it is locked, for 256 seconds. */
  async function guessAt(email: string): Promise<void> {
    await expectProblem(signingIn(email, 'wrong password', limited), 401, 'invalid_credentials');
    await limited.db.query(`UPDATE rate_limits SET points = 10 WHERE key LIKE 'pawl:account-failures:%'`);
    await expectProblem(signingIn(email, 'wrong password', limited), 401, 'invalid_credentials');
    await expectProblem(signingIn(email, goodPassword, limited), 429, 'rate_limited');
  }

  it('opens for its owner after a password reset (attack: locking somebody out by guessing)', async () => {
    const { email, token } = await forgetful(limited);
    await guessAt(email);
    await expectStatus(reset(token, newPassword, limited), 204);
    await login(limited, email, newPassword);
  });

  it('recognises the device that reset the password, so later guesses do not lock it out', async () => {
    const { email, token } = await forgetful(limited);
    const response = await reset(token, newPassword, limited);
    const device = response.headers.get('pawl-device')!;
    const { value, attributes } = cookiesOf(response)['__Host-pawl_device']!;
    expect(Object.keys(cookiesOf(response))).toEqual(['__Host-pawl_device']);
    expect(attributes).toMatchObject({ httponly: true, secure: true, path: '/', samesite: 'Lax' });
    await guessAt(email);
    await expectStatus(withDevice(email, { 'pawl-device': device }), 200);
    await expectStatus(withDevice(email, { cookie: `__Host-pawl_device=${value}` }), 200);
    await expectProblem(withDevice(email, {}), 429, 'rate_limited');
  });

  it('issues no device token for a link that does not work (attack: a device that may guess)', async () => {
    const response = await expectDead('A'.repeat(43), limited);
    expect(response.headers.get('pawl-device')).toBeNull();
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

it.each([
  ['LIMIT_FORGOT', 'forgot', '/auth/password/forgot', 'reset_password', 2],
  ['LIMIT_RESEND', 'resend', '/auth/email/resend', 'verify_email', 3 /* one by registering */],
])('%s limits how many emails a client may ask for', async (setting, name, path, letter, written) => {
  const limited = await startAppForTest({ env: { RATE_LIMITS: 'on', [setting]: '2/1h' } });
  await holdMails(limited);
  const { user } = await register(limited);
  const ask = (email: string) => call(limited, 'POST', path, { body: { email } });
  for (const [email, left] of [
    [user.email, 1],
    [newEmail(), 0],
  ] as const) {
    const { status, headers } = await ask(email);
    expect([status, headers.get('ratelimit-policy')]).toEqual([202, `"${name}";q=2;w=3600`]);
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"${name}";r=${left};t=3[56]\\d\\d$`));
  }
  for (const email of [user.email, newEmail()]) {
    const { headers } = await expectProblem(ask(email), 429, 'rate_limited');
    expect(headers.get('retry-after')).toMatch(/^3[56]\d\d$/);
    expect(headers.get('ratelimit')).toBe(`"${name}";r=0;t=${headers.get('retry-after')}`);
  }
  const rows = 'SELECT FROM mail_outbox WHERE letter = $1';
  expect(await limited.db.query(rows, [letter])).toHaveLength(written);
});

it('the token of a link is stored as its hash (attack: reading the database)', async () => {
  const { token, user } = await forgetful();
  const rows = await app.db.query<{ row: string }>('SELECT t::text AS row FROM one_time_tokens t WHERE user_id = $1', [
    user.id,
  ]);
  const stored = rows.map(({ row }) => row).join('\n');
  expect(stored).toContain(createHash('sha256').update(token).digest('hex'));
  for (const bytes of [Buffer.from(token), Buffer.from(token, 'base64url')]) {
    expect(stored).not.toContain(bytes.toString('hex'));
  }
  expect(stored).not.toContain(token);
});
