import { eventsOf, trailOf } from '../audit/trail.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, newEmail, visible } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { mailsTo, tokenIn } from './mailbox.js';

/** With limits on wrong passwords, since these issue device tokens, but not on addresses, which all tests share. */
const env = {
  REQUIRE_VERIFIED_EMAIL: 'on',
  RATE_LIMITS: 'on',
  LIMIT_REGISTER: 'off',
  LIMIT_FORGOT: 'off',
  LIMIT_RESEND: 'off',
  LIMIT_ADDRESS_FAILURES: 'off',
};
const otherPassword = 'another long and good password';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ env });
});
afterAll(() => app.close());

const registering = (body: Record<string, unknown>, on = app) =>
  call(on, 'POST', '/auth/register', { body: { password: goodPassword, ...body } });
const signingIn = (email: string, password = goodPassword, on = app) =>
  call(on, 'POST', '/auth/login', { body: { email, password } });

/** A user who has registered and not opened the email yet. */
async function unverified(on = app): Promise<string> {
  const email = newEmail();
  await expectStatus(registering({ email }, on), 202);
  return email;
}

async function verified(): Promise<string> {
  const email = await unverified();
  await verify(tokenIn((await mailsTo(app, email))[0]));
  return email;
}

async function verify(token: string): Promise<void> {
  await expectStatus(call(app, 'POST', '/auth/email/verify', { body: { token, password: goodPassword } }), 204);
}

async function idOf(email: string): Promise<string> {
  const rows = await app.db.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email]);
  expect(rows).toHaveLength(1);
  return rows[0]!.id;
}

describe('registering', () => {
  it.each(['body', 'cookie'])(
    'issues nothing with delivery %s: no token, no device token, no cookie',
    async (delivery) => {
      const response = await registering({ email: newEmail(), delivery });
      expect(response).toMatchObject({ status: 202, body: undefined });
      expect(response.headers.get('pawl-device')).toBeNull();
      expect(response.headers.getSetCookie()).toEqual([]);
      const { headers } = await signingIn(await verified());
      expect(headers.get('pawl-device')).toMatch(/^pwd1_/);
    },
  );

  it('gets the same response for a new and a taken address (attack: asking who has an account)', async () => {
    const responses = [
      await registering({ email: newEmail() }),
      await registering({ email: await verified() }),
      await registering({ email: await unverified() }),
    ].map(visible);
    expect(responses[0]).toMatchObject({ status: 202 });
    expect(responses).toEqual([responses[0], responses[0], responses[0]]);
  });

  it('checks the password in the same way for a new and a taken address', async () => {
    const taken = await verified();
    for (const [password, code] of [
      ['short', 'validation_failed'],
      ['password123', 'password_too_weak'],
    ] as const) {
      for (const email of [taken, newEmail()]) await expectProblem(registering({ email, password }), 400, code);
    }
    expect(await mailsTo(app, taken)).toHaveLength(1);
  });

  it('leaves one user when two do so at once, and neither response reveals which came first', async () => {
    const email = newEmail();
    const passwords = [goodPassword, otherPassword];
    const responses = await Promise.all(passwords.map((password) => registering({ email, password })));
    expect(visible(responses[0]!)).toEqual(visible(responses[1]!));
    expect(responses[0]!.status).toBe(202);
    expect((await eventsOf(app.db, await idOf(email))).sort()).toEqual(['user.registered', 'user.registration_failed']);
    // The second replaced the first, whose link would activate a password that was discarded.
    const subjects = (await mailsTo(app, email)).map(({ subject }) => subject);
    expect(subjects).toEqual(['Choose a password for localhost:3000']);
    const codes = await Promise.all(passwords.map(async (password) => (await signingIn(email, password)).body.code));
    expect(codes.sort()).toEqual(['email_unverified', 'invalid_credentials']);
  });

  it('stays closed with REGISTRATION=closed', async () => {
    const closed = await startAppForTest({ env: { ...env, REGISTRATION: 'closed' } });
    const email = newEmail();
    await expectProblem(registering({ email }, closed), 403, 'registration_closed');
    expect(await mailsTo(closed, email)).toEqual([]);
  });

  it('is audited as a registration, or as a failed one of the account with that address', async () => {
    const email = await verified();
    await registering({ email, password: otherPassword });
    const id = await idOf(email);
    const trail = await trailOf(app.db, id);
    expect(trail).toMatchObject([
      { event: 'user.registered', actor_user_id: id, subject_user_id: id, session_id: null, details: null },
      { event: 'user.email_verified' },
      {
        event: 'user.registration_failed',
        actor_user_id: null,
        subject_user_id: id,
        ip: '127.0.0.1',
        details: { code: 'email_taken' },
      },
    ]);
    expect(JSON.stringify(trail)).not.toContain(email);
  });
});

describe('the owner of a taken address', () => {
  it('is notified by an email without a link', async () => {
    const email = await verified();
    await registering({ email, password: otherPassword });
    const [, notice, ...more] = await mailsTo(app, email);
    expect(more).toEqual([]);
    expect(notice!.subject).toBe('You already have an account at localhost:3000');
    expect(notice!.text + notice!.html).not.toMatch(/https?:|token|href/);
  });

  it('keeps name, password and confirmation (attack: registering over an account)', async () => {
    const email = await verified();
    await registering({ email, password: otherPassword, name: 'Mallory' });
    await expectProblem(signingIn(email, otherPassword), 401, 'invalid_credentials');
    expect((await login(app, email)).user).toMatchObject({ email, name: null, email_verified: true });
  });
});

describe('a user whose address is not confirmed', () => {
  it('can sign in only after the confirmation', async () => {
    const email = await unverified();
    await expectProblem(signingIn(email), 403, 'email_unverified');
    await verify(tokenIn((await mailsTo(app, email))[0]));
    await login(app, email);
  });

  it('gets email_unverified only with the right password (attack: asking who has an account)', async () => {
    const waiting = await signingIn(await unverified(), otherPassword);
    await expectProblem(waiting, 401, 'invalid_credentials');
    const nobody = await signingIn(newEmail(), otherPassword);
    const { instance: _waiting, ...ofWaiting } = waiting.body as Record<string, unknown>;
    const { instance: _nobody, ...ofNobody } = nobody.body as Record<string, unknown>;
    expect(ofWaiting).toEqual(ofNobody);
  });

  it('is not counted as guessing, however often they try', async () => {
    const strict = await startAppForTest({ env: { ...env, LIMIT_ACCOUNT_FAILURES: '2/1d' } });
    const email = await unverified(strict);
    for (let i = 0; i < 5; i++) await expectProblem(signingIn(email, goodPassword, strict), 403, 'email_unverified');
    await expectProblem(signingIn(email, otherPassword, strict), 401, 'invalid_credentials');
    await expectProblem(signingIn(email, goodPassword, strict), 403, 'email_unverified');
  });

  it('is audited for each attempt', async () => {
    const email = await unverified();
    await signingIn(email);
    const id = await idOf(email);
    await until(async () => (await eventsOf(app.db, id)).length === 2);
    expect((await trailOf(app.db, id)).at(-1)).toMatchObject({
      event: 'user.sign_in_failed',
      subject_user_id: id,
      details: { code: 'email_unverified' },
    });
  });

  it('can sign in after a password reset too: its link was read in that mailbox', async () => {
    const email = await unverified();
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
    const mails = await mailsTo(app, email);
    const body = { token: tokenIn(mails.at(-1)), password: otherPassword };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
    expect((await login(app, email, otherPassword)).user).toMatchObject({ email_verified: true });
  });

  it('is thrown out when the real owner of the address chooses a password', async () => {
    const email = await unverified(); // by somebody else, with goodPassword
    await registering({ email, password: otherPassword }); // by the owner of the address
    await call(app, 'POST', '/auth/password/forgot', { body: { email } });
    const body = { token: tokenIn((await mailsTo(app, email)).at(-1)), password: otherPassword };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
    await expectProblem(signingIn(email), 401, 'invalid_credentials');
    await login(app, email, otherPassword);
  });
});

describe('a confirmation activates only the password of the person who confirms', () => {
  const resending = (email: string, on = app) => call(on, 'POST', '/auth/email/resend', { body: { email } });
  const choosing = (token: string, password: string, on = app) =>
    call(on, 'POST', '/auth/password/reset', { body: { token, password } });
  const chosen = 'the owner chooses this passphrase';

  /** Uses every link in the mailbox as a confirmation. Returns the statuses. */
  async function confirmAll(email: string, on = app): Promise<number[]> {
    const statuses: number[] = [];
    for (const mail of await mailsTo(on, email)) {
      const body = { token: tokenIn(mail), password: otherPassword };
      statuses.push((await call(on, 'POST', '/auth/email/verify', { body })).status);
    }
    return statuses;
  }

  it('an attacker who registers the address first gets nothing when its owner registers, asks again and confirms', async () => {
    const on = await startAppForTest({ env });
    const email = newEmail();
    await expectStatus(registering({ email, password: otherPassword, name: 'Mallory' }, on), 202);
    await mailsTo(on, email);
    await expectStatus(registering({ email, name: 'Ada' }, on), 202);
    await mailsTo(on, email);
    on.clock.advanceSeconds(61);
    await expectStatus(resending(email, on), 202);
    expect(await confirmAll(email, on)).toEqual([400, 400, 400]);
    await expectProblem(signingIn(email, otherPassword, on), 401, 'invalid_credentials');
    await expectStatus(choosing(tokenIn((await mailsTo(on, email)).at(-1)), chosen, on), 204);
    await expectProblem(signingIn(email, otherPassword, on), 401, 'invalid_credentials');
    expect((await login(on, email, chosen)).user).toMatchObject({ name: 'Ada', email_verified: true });
  });

  it('an attacker who registers the address after its owner gets nothing either', async () => {
    const email = await unverified(); // by its owner, with goodPassword
    const [first] = await mailsTo(app, email);
    await expectStatus(registering({ email, password: otherPassword }), 202);
    await expectProblem(
      call(app, 'POST', '/auth/email/verify', { body: { token: tokenIn(first), password: goodPassword } }),
      400,
      'one_time_token_invalid',
    );
    expect(await confirmAll(email)).toEqual([400, 400]);
    await expectProblem(signingIn(email, otherPassword), 403, 'email_unverified');
    await expectStatus(choosing(tokenIn((await mailsTo(app, email)).at(-1)), chosen), 204);
    await expectProblem(signingIn(email, otherPassword), 401, 'invalid_credentials');
    await login(app, email, chosen);
  });

  it('an email that is asked for again lets its reader choose the password, since anybody may have asked', async () => {
    const on = await startAppForTest({ env });
    const email = await unverified(on);
    await mailsTo(on, email);
    on.clock.advanceSeconds(61);
    await resending(email, on);
    const mail = (await mailsTo(on, email)).at(-1)!;
    expect(mail.subject).toBe('Choose a password for localhost:3000');
    expect(mail.text).toContain('/account/reset-password#token=');
    await expectStatus(choosing(tokenIn(mail), chosen, on), 204);
    await expectProblem(signingIn(email, goodPassword, on), 401, 'invalid_credentials');
    await login(on, email, chosen);
  });

  it('a registration changes neither a confirmed, a disabled, an invited nor a privileged account, nor one in use', async () => {
    const untouched = {
      confirmed: 'email_verified = true',
      disabled: 'disabled = true',
      invited: `password_hash = '!'`,
      privileged: `role = 'admin'`,
      'in use': 'last_sign_in_at = now()',
    };
    for (const [kind, change] of Object.entries(untouched)) {
      const email = await unverified();
      await app.db.query(`UPDATE users SET ${change} WHERE email = $1`, [email]);
      const read = () => app.db.query('SELECT * FROM users WHERE email = $1', [email]);
      const before = await read();
      await expectStatus(registering({ email, password: otherPassword, name: 'Mallory' }), 202);
      expect({ kind, rows: await read() }).toEqual({ kind, rows: before });
    }
  });
});
