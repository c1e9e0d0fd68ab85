import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, login, newEmail, register } from '../support/http.js';
import { addApp, addPasskey } from './factor-story.js';
import { SoftwareAuthenticator } from './software-authenticator.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function signInByEmail(email: string): Promise<Tokens> {
  app.clock.advanceSeconds(500); // further emails are sent every eight minutes
  await expectStatus(call(app, 'POST', '/auth/link', { body: { email } }), 202);
  const body = { token: tokenIn((await mailsTo(app, email)).at(-1)) };
  return (await expectStatus(call(app, 'POST', '/auth/link/login', { body }), 200)) as Tokens;
}

/** An email that confirms the address for the first time voids the password of before. */
async function withoutPassword(): Promise<Tokens> {
  const { user } = await register(app);
  return signInByEmail(user.email);
}

const me = (token: string) => expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
const waysIn = (token: string) => expectStatus(call(app, 'GET', '/auth/identities', { token }), 200);
const removeAccount = (token: string, body: object = {}) => call(app, 'POST', '/auth/me/delete', { token, body });
const changeEmail = (token: string, body: object) => call(app, 'POST', '/auth/email', { token, body });
const removeFactor = (token: string, id: string) => call(app, 'DELETE', `/auth/factors/${id}`, { token });

describe('a user without a password', () => {
  it('sees that there is none', async () => {
    const { access_token: token } = await withoutPassword();
    expect(await waysIn(token)).toMatchObject({ has_password: false });
    const { access_token: other } = await register(app);
    expect(await waysIn(other)).toMatchObject({ has_password: true });
  });

  it('changes the address with a recent sign-in', async () => {
    const { access_token: token } = await withoutPassword();
    const email = newEmail();
    await expectStatus(changeEmail(token, { email }), 202);
    const body = { token: tokenIn((await mailsTo(app, email)).at(-1)) };
    await expectStatus(call(app, 'POST', '/auth/email/verify', { body, token }), 204);
    expect(await me(token)).toMatchObject({ email, email_verified: true });
  });

  it('deletes the account with a recent sign-in', async () => {
    const { access_token: token, user } = await withoutPassword();
    await expectStatus(removeAccount(token), 204);
    expect(await app.db.query('SELECT 1 FROM users WHERE id = $1', [user.id])).toEqual([]);
  });

  it('can do neither with an old one (attack: a stolen access token)', async () => {
    const { access_token: token } = await withoutPassword();
    app.clock.advanceSeconds(301);
    await expectProblem(removeAccount(token), 401, 'insufficient_user_authentication');
    await expectProblem(changeEmail(token, { email: newEmail() }), 401, 'insufficient_user_authentication');
  });

  it('can do neither without the second factor of the account (attack: the mailbox alone)', async () => {
    const first = await withoutPassword();
    const second = await signInByEmail(first.user.email);
    await app.db.query('UPDATE users SET second_factor = true WHERE id = $1', [first.user.id]);
    await expectProblem(removeAccount(second.access_token), 401, 'insufficient_user_authentication');
  });

  it('gets no further with a guessed one', async () => {
    const { access_token: token } = await withoutPassword();
    await expectProblem(removeAccount(token, { password: '!' }), 403, 'password_incorrect');
  });
});

it('a user who has a password cannot leave it out (attack: a stolen session of the last minutes)', async () => {
  const { access_token: token } = await register(app);
  const { body } = await expectProblem(removeAccount(token), 400, 'validation_failed');
  expect(body.errors).toEqual([{ path: 'password', message: 'This is missing.' }]);
  await expectProblem(changeEmail(token, { email: newEmail() }), 400, 'validation_failed');
  expect(await waysIn(token)).toMatchObject({ has_password: true });
});

describe('the last way in', () => {
  const passkeyOf = async (token: string) => (await addPasskey(app, token, new SoftwareAuthenticator(true))).added;

  it('is a passkey if there is neither a password nor another provider', async () => {
    const { access_token: token } = await withoutPassword();
    const added = await passkeyOf(token);
    await expectProblem(removeFactor(added.access_token, added.id), 409, 'last_way_in');
    const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token: added.access_token }), 200);
    expect(factors).toHaveLength(1);
  });

  it('is not an authenticator app, which is only a second factor', async () => {
    const { access_token: token } = await withoutPassword();
    const passkey = await passkeyOf(token);
    const { tokens } = await addApp(app, { access_token: passkey.access_token, user: { email: '' } } as Tokens);
    await expectProblem(removeFactor(tokens.access_token, passkey.id), 409, 'last_way_in');
    const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token: tokens.access_token }), 200);
    const { id } = factors.find(({ type }: { type: string }) => type === 'totp');
    await expectStatus(removeFactor(tokens.access_token, id), 204);
  });

  it('one of two passkeys can be removed, but not both at once', async () => {
    const { access_token: token } = await withoutPassword();
    const first = await passkeyOf(token);
    const second = await passkeyOf(first.access_token);
    const answers = await Promise.all([first, second].map(({ id }) => removeFactor(second.access_token, id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  it('can go once a password is set', async () => {
    const { access_token: token, user } = await withoutPassword();
    const added = await passkeyOf(token);
    await app.db.query(
      `UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = $2) WHERE id = $1`,
      [user.id, (await register(app)).user.id],
    );
    await expectStatus(removeFactor(added.access_token, added.id), 204);
    await login(app, user.email, goodPassword);
  });
});
