import { linkMinutes } from '../../src/mail/letters.js';
import { startApp } from '../support/app.js';
import type { TestApp } from '../support/app.js';
import { call, expectProblem, goodPassword, newEmail, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { findToken, mailsTo, tokenIn } from './mailbox.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const ask = (token: string | undefined, email: string, password = goodPassword, on = app) =>
  call(on, 'POST', '/auth/email', { token, body: { email, password } });
const verify = (token: string, on = app) => call(on, 'POST', '/auth/email/verify', { body: { token } });
const me = async (token: string) => (await call(app, 'GET', '/auth/me', { token })).body;
const signIn = (email: string) => call(app, 'POST', '/auth/login', { body: { email, password: goodPassword } });
const subjectsTo = async (email: string) => (await mailsTo(app, email)).map(({ subject }) => subject);

/** A user who has asked for another address, and the token that was sent there. */
async function asked() {
  const { access_token: accessToken, user } = await register(app);
  const email = newEmail();
  expect(await ask(accessToken, email)).toMatchObject({ status: 202, body: undefined });
  return { accessToken, user, email, token: tokenIn((await mailsTo(app, email))[0]) };
}

it('another address counts once it is confirmed there, and the old one is told of both', async () => {
  const { accessToken, user, email, token } = await asked();
  expect(await me(accessToken)).toEqual(user);
  expect((await subjectsTo(user.email)).at(-1)).toBe('Your email address at localhost:3000 is to be changed');
  await expectProblem(signIn(email), 401, 'invalid_credentials');

  expect((await verify(token)).status).toBe(204);
  expect(await me(accessToken)).toEqual({ ...user, email, email_verified: true });
  expect((await subjectsTo(user.email)).at(-1)).toBe('Your email address at localhost:3000 was changed');
  await expectProblem(signIn(user.email), 401, 'invalid_credentials');
  expect((await signIn(email)).status).toBe(200);
  const events = await app.db.query<{ event: string }>(
    `SELECT event FROM audit_events WHERE subject_user_id = $1 AND event LIKE 'user.email%' ORDER BY id`,
    [user.id],
  );
  expect(events.map(({ event }) => event)).toEqual(['user.email_change_requested', 'user.email_changed']);
});

it('the old address is sent no link: who reads it can confirm nothing (attack: a taken-over mailbox)', async () => {
  const { user } = await asked();
  const mail = (await mailsTo(app, user.email)).at(-1)!;
  expect(findToken(mail)).toBeUndefined();
  expect(mail.html).not.toContain('http');
});

it('needs the password (attack: a stolen access token that takes the account over)', async () => {
  const { access_token: token, user } = await register(app);
  const email = newEmail();
  await expectProblem(ask(token, email, 'a wrong password'), 403, 'password_incorrect');
  await expectProblem(ask(undefined, email), 401, 'token_missing');
  expect(await mailsTo(app, email)).toEqual([]);
  expect(await mailsTo(app, user.email)).toHaveLength(1);
});

it('the address one has already, or none, is refused', async () => {
  const { access_token: token, user } = await register(app);
  const own = await expectProblem(ask(token, user.email.toUpperCase()), 400, 'validation_failed');
  expect(own.body.errors).toEqual([{ path: 'email', message: 'is your address already' }]);
  await expectProblem(ask(token, 'no address'), 400, 'validation_failed');
  await expectProblem(ask(token, 'x@example.com\r\nBcc: y@example.com'), 400, 'validation_failed');
});

it('is kept in lower case, as every address', async () => {
  const { access_token: token } = await register(app);
  const email = newEmail();
  await ask(token, ` ${email.toUpperCase()} `);
  await verify(tokenIn((await mailsTo(app, email))[0]));
  expect((await me(token)).email).toBe(email);
});

it('a taken address is answered as a free one, and its owner alone is told (attack: asking who has an account)', async () => {
  const { access_token: token } = await register(app);
  const { user: owner } = await register(app);
  const free = await ask(token, newEmail());
  const taken = await ask(token, owner.email);
  const visible = ({ headers, ...rest }: typeof free) => [rest, [...headers.keys()]];
  expect(visible(taken)).toEqual(visible(free));
  const mail = (await mailsTo(app, owner.email)).at(-1)!;
  expect(mail.subject).toBe('You already have an account at localhost:3000');
  expect(findToken(mail)).toBeUndefined();
});

it('an address that was registered in between is refused, and nothing changes', async () => {
  const { accessToken, user, email, token } = await asked();
  await register(app, { email });
  await expectProblem(verify(token), 409, 'email_taken');
  expect(await me(accessToken)).toEqual(user);
});

it('a pending change dies with the password it was asked with (attack: a thief who asked before being thrown out)', async () => {
  const { accessToken, user, token } = await asked();
  const body = { current_password: goodPassword, new_password: 'another long password of hers' };
  expect((await call(app, 'POST', '/auth/password', { token: accessToken, body })).status).toBe(204);
  await expectProblem(verify(token), 400, 'one_time_token_invalid');
  expect(await me(accessToken)).toEqual(user);
});

it('of two pending changes one is made: the other was asked of the address before', async () => {
  const { accessToken, token, email } = await asked();
  const second = newEmail();
  await ask(accessToken, second);
  const secondToken = tokenIn((await mailsTo(app, second))[0]);
  const statuses = await Promise.all([token, secondToken].map(async (one) => (await verify(one)).status));
  expect([...statuses].sort()).toEqual([204, 400]);
  expect((await me(accessToken)).email).toBe(statuses[0] === 204 ? email : second);
});

it('its link works once, also at the same moment, and for an hour', async () => {
  const { token } = await asked();
  const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await verify(token)).status));
  expect(statuses.sort()).toEqual([204, 400, 400, 400, 400]);

  const on = await startAppForTest();
  const { access_token: accessToken } = await register(on);
  const email = newEmail();
  await ask(accessToken, email, goodPassword, on);
  const late = tokenIn((await mailsTo(on, email))[0]);
  on.clock.advanceSeconds(60 * linkMinutes.change_email + 1);
  await expectProblem(verify(late, on), 400, 'one_time_token_invalid');
});
