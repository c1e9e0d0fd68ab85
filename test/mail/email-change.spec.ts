import { linkMinutes } from '../../src/emails/email-templates.js';
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
import { findToken, holdMails, mailsTo, tokenIn } from './mailbox.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const ask = (token: string | undefined, email: string, password = goodPassword, on = app) =>
  call(on, 'POST', '/auth/email', { token, body: { email, password } });
const verify = (token: string, on = app) =>
  call(on, 'POST', '/auth/email/verify', { body: { token, password: goodPassword } });
const me = async (token: string) => (await call(app, 'GET', '/auth/me', { token })).body;
const signIn = (email: string) => call(app, 'POST', '/auth/login', { body: { email, password: goodPassword } });
const subjectsTo = async (email: string) => (await mailsTo(app, email)).map(({ subject }) => subject);

/** A user who asked for another address, and the token that was sent there. */
async function asked() {
  const { access_token: accessToken, user } = await registerConfirmed(app);
  const email = newEmail();
  expect(await ask(accessToken, email)).toMatchObject({ status: 202, body: undefined });
  return { accessToken, user, email, token: tokenIn((await mailsTo(app, email))[0]) };
}

it('a new address takes effect once it is confirmed; the old one is notified of both steps, the new one of the second', async () => {
  const { accessToken, user, email, token } = await asked();
  expect(await me(accessToken)).toEqual({ ...user, email_verified: true, locale: null });
  expect((await subjectsTo(user.email)).at(-1)).toBe('Request to change your email address at localhost:3000');
  await expectProblem(signIn(email), 401, 'invalid_credentials');

  expect((await verify(token)).status).toBe(204);
  expect(await me(accessToken)).toEqual({ ...user, email, email_verified: true, locale: null });
  expect((await subjectsTo(user.email)).at(-1)).toBe('Your email address at localhost:3000 was changed');
  expect((await subjectsTo(email)).at(-1)).toBe('This is now your email address at localhost:3000');
  await expectProblem(signIn(user.email), 401, 'invalid_credentials');
  expect((await signIn(email)).status).toBe(200);
  const events = await app.db.query<{ event: string }>(
    `SELECT event FROM audit_events WHERE subject_user_id = $1 AND event LIKE 'user.email%' ORDER BY id`,
    [user.id],
  );
  expect(events.map(({ event }) => event)).toEqual(['user.email_change_requested', 'user.email_changed']);
});

it('the old address gets no link, so its reader can confirm nothing (attack: a taken-over mailbox)', async () => {
  const { user } = await asked();
  const mail = (await mailsTo(app, user.email)).at(-1)!;
  expect(findToken(mail)).toBeUndefined();
  expect(mail.html).not.toContain('http');
});

it('a change needs the password (attack: a stolen access token that takes the account over)', async () => {
  const { access_token: token, user } = await register(app);
  const email = newEmail();
  await expectProblem(ask(token, email, 'a wrong password'), 403, 'password_incorrect');
  await expectProblem(ask(undefined, email), 401, 'token_missing');
  expect(await mailsTo(app, email)).toEqual([]);
  expect(await mailsTo(app, user.email)).toHaveLength(1);
});

it('the present address and malformed addresses are refused', async () => {
  const { access_token: token, user } = await register(app);
  const own = await expectProblem(ask(token, user.email.toUpperCase()), 400, 'validation_failed');
  expect(own.body.errors).toEqual([{ path: 'email', message: 'This is already your address.' }]);
  await expectProblem(ask(token, 'no address'), 400, 'validation_failed');
  await expectProblem(ask(token, 'x@example.com\r\nBcc: y@example.com'), 400, 'validation_failed');
});

it('the new address is stored in lower case', async () => {
  const { access_token: token } = await register(app);
  const email = newEmail();
  await ask(token, ` ${email.toUpperCase()} `);
  await verify(tokenIn((await mailsTo(app, email))[0]));
  expect((await me(token)).email).toBe(email);
});

it('a taken address gets the same response as a free one, and only its owner is notified (attack: asking who has an account)', async () => {
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

it('an address that was registered in the meantime is refused, and nothing changes', async () => {
  const { accessToken, user, email, token } = await asked();
  await register(app, { email });
  await expectProblem(verify(token), 409, 'email_taken');
  expect(await me(accessToken)).toEqual({ ...user, email_verified: true, locale: null });
});

it('a password change voids a pending change of address (attack: a thief who asked before being thrown out)', async () => {
  const { accessToken, user, token } = await asked();
  const body = { current_password: goodPassword, new_password: 'another long password of hers' };
  const changed = (await expectStatus(
    call(app, 'POST', '/auth/password', { token: accessToken, body }),
    200,
  )) as Tokens;
  await expectProblem(verify(token), 400, 'one_time_token_invalid');
  expect(await me(changed.access_token)).toEqual({ ...user, email_verified: true, locale: null });
});

it('one of two pending changes takes effect: the other was asked for the previous address', async () => {
  const { accessToken, token, email } = await asked();
  const second = newEmail();
  await ask(accessToken, second);
  const secondToken = tokenIn((await mailsTo(app, second))[0]);
  const statuses = await Promise.all([token, secondToken].map(async (one) => (await verify(one)).status));
  expect([...statuses].sort()).toEqual([204, 400]);
  expect((await me(accessToken)).email).toBe(statuses[0] === 204 ? email : second);
});

it('a link that is opened twice, or several times at once, is 204 each time, and changes the address once', async () => {
  const { token, user, email, accessToken } = await asked();
  const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await verify(token)).status));
  expect([...statuses, (await verify(token)).status]).toEqual([204, 204, 204, 204, 204, 204]);
  expect((await me(accessToken)).email).toBe(email);
  const events = await app.db.query(
    `SELECT 1 FROM audit_events WHERE event = 'user.email_changed' AND subject_user_id = $1`,
    [user.id],
  );
  expect(events).toHaveLength(1);
});

it('a link that was used does nothing after the address changed once more (attack: an old mailbox)', async () => {
  const { accessToken, token, email } = await asked();
  await verify(token);
  const third = newEmail();
  await ask(accessToken, third);
  await verify(tokenIn((await mailsTo(app, third))[0]));
  expect((await me(accessToken)).email).toBe(third);
  await expectProblem(verify(token), 400, 'one_time_token_invalid');
  expect((await me(accessToken)).email).not.toBe(email);
});

describe('a pending change of address (attack: a thief who asked for it before being thrown out)', () => {
  it('does not survive a sign-out everywhere', async () => {
    const { accessToken, user, token } = await asked();
    expect((await call(app, 'POST', '/auth/logout-all', { token: accessToken })).status).toBe(204);
    await expectProblem(verify(token), 400, 'one_time_token_invalid');
    expect((await login(app, user.email)).user).toEqual({ ...user, email_verified: true });
  });

  it('does not survive being disabled and enabled', async () => {
    const { user, token } = await asked();
    const { access_token: admin } = await makeAdmin(app);
    for (const disabled of [true, false]) {
      await expectStatus(call(app, 'PATCH', `/users/${user.id}`, { token: admin, body: { disabled } }), 200);
    }
    await expectProblem(verify(token), 400, 'one_time_token_invalid');
    expect((await login(app, user.email)).user).toEqual({ ...user, email_verified: true });
  });

  it('does not survive a sign-out everywhere before its email is sent', async () => {
    const { access_token: accessToken } = await register(app);
    const email = newEmail();
    const send = await holdMails(app);
    await ask(accessToken, email);
    expect((await call(app, 'POST', '/auth/logout-all', { token: accessToken })).status).toBe(204);
    await send();
    expect(await mailsTo(app, email)).toEqual([]);
  });
});

it('the link works for an hour', async () => {
  const on = await startAppForTest();
  const { access_token: accessToken } = await register(on);
  const email = newEmail();
  await ask(accessToken, email, goodPassword, on);
  const late = tokenIn((await mailsTo(on, email))[0]);
  on.clock.advanceSeconds(60 * linkMinutes.change_email + 1);
  await expectProblem(verify(late, on), 400, 'one_time_token_invalid');
});

const newPassword = 'another long password of hers';

it('a password reset voids a pending change of address, too', async () => {
  const { user, token } = await asked();
  await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } }), 202);
  const body = { token: tokenIn((await mailsTo(app, user.email)).at(-1)), password: newPassword };
  await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
  await expectProblem(verify(token), 400, 'one_time_token_invalid');
  await login(app, user.email, newPassword);
});

it.each(['changed', 'reset'])(
  'a change that still waits to be mailed dies when the password is %s (attack: a thief whose mail is late)',
  async (how) => {
    const on = await startAppForTest();
    const { user, access_token: stolen } = await register(on);
    const { access_token: token } = await login(on, user.email);
    await expectStatus(call(on, 'POST', '/auth/password/forgot', { body: { email: user.email } }), 202);
    const resetToken = tokenIn((await mailsTo(on, user.email)).at(-1));

    const release = await holdMails(on);
    const thief = newEmail();
    await expectStatus(ask(stolen, thief, goodPassword, on), 202);
    const response =
      how === 'changed'
        ? call(on, 'POST', '/auth/password', {
            token,
            body: { current_password: goodPassword, new_password: newPassword },
          })
        : call(on, 'POST', '/auth/password/reset', { body: { token: resetToken, password: newPassword } });
    await expectStatus(response, how === 'changed' ? 200 : 204);
    await release();

    for (const mail of await mailsTo(on, thief)) {
      const link = findToken(mail);
      if (link !== undefined) await expectProblem(verify(link, on), 400, 'one_time_token_invalid');
    }
    await login(on, user.email, newPassword);
  },
);

it('the export of personal data is the same for a taken and a free address (attack: asking who has an account)', async () => {
  const { access_token: token } = await register(app);
  const [taken, disabled, free] = [(await register(app)).user.email, (await register(app)).user.email, newEmail()];
  await app.db.query('UPDATE users SET disabled = true WHERE email = $1', [disabled]);
  for (const email of [taken, disabled, free]) await expectStatus(ask(token, email), 202);
  await mailsTo(app, free);
  const { links, mails } = (await call(app, 'GET', '/auth/me/export', { token })).body as Record<
    'links' | 'mails',
    Record<string, unknown>[]
  >;
  const shown = (address: string) =>
    [...links, ...mails]
      .filter(({ email, recipient }) => [email, recipient].includes(address))
      .map(({ purpose, letter, sent_at: sentAt }) => ({ purpose, letter, sent: Boolean(sentAt) }));
  expect({ taken: shown(taken), disabled: shown(disabled) }).toEqual({ taken: shown(free), disabled: shown(free) });
});

it('a second user who asks for the same address right after the first gets a link too (attack: being first)', async () => {
  const on = await startAppForTest();
  const [attacker, user] = [await register(on), await register(on)];
  const email = newEmail();
  for (const { access_token: token } of [attacker, user]) await ask(token, email, goodPassword, on);
  await mailsTo(on, email);
  on.clock.advanceSeconds(61);
  const links = (await mailsTo(on, email)).map(tokenIn);
  for (const link of links.reverse()) await verify(link, on);
  expect((await call(on, 'GET', '/auth/me', { token: user.access_token })).body).toMatchObject({ email });
});
