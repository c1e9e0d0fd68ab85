import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, makeAdmin, newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';

let app: TestApp;
let admin: string;
beforeAll(async () => {
  app = await startApp({ env: { REQUIRE_VERIFIED_EMAIL: 'on' } });
  await app.db.query('SELECT 1');
  const email = newEmail();
  await call(app, 'POST', '/auth/register', { body: { email, password: goodPassword } });
  await app.db.query(`UPDATE users SET role = 'admin', email_verified = true WHERE email = $1`, [email]);
  admin = (await login(app, email)).access_token;
});
afterAll(() => app.close());

const invite = (email: string, body: Record<string, unknown> = {}, on = app, token = admin) =>
  call(on, 'POST', '/users', { token, body: { email, ...body } });
const choose = (token: string, password: string) =>
  call(app, 'POST', '/auth/password/reset', { body: { token, password } });
const signIn = (email: string, password: string) => call(app, 'POST', '/auth/login', { body: { email, password } });
const chosen = 'the invited person chooses this';

/** The token of the invitation in the mailbox. */
async function invitationTo(email: string): Promise<string> {
  const mails = await mailsTo(app, email);
  expect(mails.map(({ subject }) => subject)).toEqual(['You are invited to localhost:3000']);
  return tokenIn(mails[0]);
}

describe('POST /users without a password', () => {
  it('invites the user by email, who then chooses one and signs in', async () => {
    const email = newEmail();
    const user = await expectStatus(invite(email, { role: 'user', name: 'Grace' }), 201);
    expect(user).toMatchObject({ email, name: 'Grace', email_verified: false, last_sign_in_at: null });
    await expectProblem(signIn(email, '!'), 401, 'invalid_credentials');
    await expectStatus(choose(await invitationTo(email), chosen), 204);
    expect((await login(app, email, chosen)).user).toMatchObject({ id: user.id, email_verified: true });
  });

  it('sends no email to a user who is created with a password', async () => {
    const email = newEmail();
    await expectStatus(invite(email, { password: goodPassword }), 201);
    expect(await mailsTo(app, email)).toEqual([]);
  });

  it('refuses a weak password without using the invitation up, which works once', async () => {
    const email = newEmail();
    await expectStatus(invite(email), 201);
    const token = await invitationTo(email);
    await expectProblem(choose(token, 'password123'), 400, 'password_too_weak');
    await expectStatus(choose(token, chosen), 204);
    await expectProblem(choose(token, 'yet another passphrase of hers'), 400, 'one_time_token_invalid');
  });

  it('an invitation confirms nothing by itself (attack: a link that activates without a password)', async () => {
    const email = newEmail();
    await expectStatus(invite(email), 201);
    const body = { token: await invitationTo(email) };
    await expectProblem(call(app, 'POST', '/auth/email/verify', { body }), 400, 'one_time_token_invalid');
  });

  it('an invitation survives a stranger who registers the address (attack: taking an invited account)', async () => {
    const email = newEmail();
    await expectStatus(invite(email), 201);
    const token = await invitationTo(email);
    await expectStatus(call(app, 'POST', '/auth/register', { body: { email, password: goodPassword } }), 202);
    await expectProblem(signIn(email, goodPassword), 401, 'invalid_credentials');
    await expectStatus(choose(token, chosen), 204);
    await expectProblem(signIn(email, goodPassword), 401, 'invalid_credentials');
    await login(app, email, chosen);
  });

  it('an invitation that expired is replaced by asking for a new password', async () => {
    const email = newEmail();
    await expectStatus(invite(email), 201);
    const expired = await invitationTo(email);
    await app.db.query(`UPDATE one_time_tokens SET expires_at = now() WHERE email = $1`, [email]);
    await expectProblem(choose(expired, chosen), 400, 'one_time_token_invalid');
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
    await expectStatus(choose(tokenIn((await mailsTo(app, email)).at(-1)), chosen), 204);
    await login(app, email, chosen);
  });

  it('a taken address is refused, and gets no invitation', async () => {
    const email = newEmail();
    await expectStatus(invite(email, { password: goodPassword }), 201);
    await expectProblem(invite(email), 409, 'email_taken');
    expect(await mailsTo(app, email)).toEqual([]);
  });

  it('is refused if no email can be sent, and creates nobody', async () => {
    const silent = await startAppForTest({
      env: { NODE_ENV: 'production', AUTH_SECRET: 'x'.repeat(64), PUBLIC_URL: 'https://auth.example.com' },
    });
    const { access_token: token } = await makeAdmin(silent);
    const email = newEmail();
    await expectProblem(invite(email, {}, silent, token), 501, 'mail_not_configured');
    expect(await silent.db.query('SELECT 1 FROM users WHERE email = $1', [email])).toEqual([]);
  });
});
