import { newClient } from '../oauth/clients.js';
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
import { mailsTo, tokenIn } from './mailbox.js';

let app: TestApp;
let closed: TestApp;
beforeAll(async () => {
  app = await startApp();
  closed = await startApp({ env: { REQUIRE_VERIFIED_EMAIL: 'on' } });
});
afterAll(() => Promise.all([app.close(), closed.close()]));

const attackersPassword = 'a password that the attacker chose';

interface Confirmation {
  password?: string;
  token?: string;
  headers?: Record<string, string>;
  on?: TestApp;
}

function confirm(link: string, { password, token, headers, on = app }: Confirmation = {}) {
  return call(on, 'POST', '/auth/email/verify', {
    token,
    headers,
    body: { token: link, password, require_owner: true },
  });
}

async function latestLink(email: string, on = app): Promise<string> {
  return tokenIn((await mailsTo(on, email)).at(-1));
}

async function isVerified(email: string, on = app): Promise<boolean> {
  const query = 'SELECT email_verified AS verified FROM users WHERE email = $1';
  const [user] = await on.db.query<{ verified: boolean }>(query, [email]);
  return user!.verified;
}

/** A new user and the link of the first email. */
async function registered() {
  const tokens = await register(app);
  return { ...tokens, email: tokens.user.email, link: await latestLink(tokens.user.email) };
}

describe('somebody who registered the address of another person gets no confirmed account', () => {
  it('when that person opens the link (REQUIRE_VERIFIED_EMAIL)', async () => {
    const email = newEmail();
    const body = { email, password: attackersPassword };
    await expectStatus(call(closed, 'POST', '/auth/register', { body }), 202);
    const link = await latestLink(email, closed);
    await expectProblem(confirm(link, { on: closed }), 403, 'password_required');
    await expectProblem(confirm(link, { password: goodPassword, on: closed }), 403, 'password_incorrect');
    await expectProblem(call(closed, 'POST', '/auth/login', { body }), 403, 'email_unverified');
    expect(await isVerified(email, closed)).toBe(false);
  });

  it('when that person opens the link of an account that is in use', async () => {
    const { user } = await register(app, { password: attackersPassword });
    await expectProblem(confirm(await latestLink(user.email)), 403, 'password_required');
    expect(await isVerified(user.email)).toBe(false);
  });

  it('when that person opens the link of an email that was asked for again', async () => {
    const on = await startAppForTest();
    const { user } = await register(on, { password: attackersPassword });
    await mailsTo(on, user.email);
    on.clock.advanceSeconds(61);
    await expectStatus(call(on, 'POST', '/auth/email/resend', { body: { email: user.email } }), 202);
    await expectProblem(confirm(await latestLink(user.email, on), { on }), 403, 'password_required');
    expect(await isVerified(user.email, on)).toBe(false);
  });

  it('when that person opens the link of a change of address', async () => {
    const { access_token: token, user } = await registerConfirmed(app, { password: attackersPassword });
    const email = newEmail();
    await expectStatus(call(app, 'POST', '/auth/email', { token, body: { email, password: attackersPassword } }), 202);
    await expectProblem(confirm(await latestLink(email)), 403, 'password_required');
    expect((await call(app, 'GET', '/auth/me', { token })).body).toMatchObject({ email: user.email });
  });

  it('when that person is signed in to an account of their own', async () => {
    const { link, email } = await registered();
    const { access_token: token } = await register(app);
    await expectProblem(confirm(link, { token }), 403, 'password_required');
    expect(await isVerified(email)).toBe(false);
  });
});

describe('the owner of an account confirms the address', () => {
  it('with the password, after a wrong one too', async () => {
    const { link, email } = await registered();
    await expectProblem(confirm(link, { password: attackersPassword }), 403, 'password_incorrect');
    expect((await confirm(link, { password: goodPassword })).status).toBe(204);
    expect(await isVerified(email)).toBe(true);
  });

  it('with an access token of the account', async () => {
    const { link, email, access_token: token } = await registered();
    expect((await confirm(link, { token })).status).toBe(204);
    expect(await isVerified(email)).toBe(true);
  });

  it('in a browser that is signed in, even if its access cookie has expired', async () => {
    const on = await startAppForTest();
    const body = { email: newEmail(), password: goodPassword, delivery: 'cookie' };
    const origin = 'http://localhost:3000';
    const { headers } = await call(on, 'POST', '/auth/register', { body, headers: { origin } });
    const cookies = headers.getSetCookie().map((line) => line.split(';')[0]!);
    const cookie = cookies.find((one) => one.startsWith('__Host-pawl_refresh'))!;
    on.clock.advanceSeconds(30 * 60);
    const link = await latestLink(body.email, on);
    expect((await confirm(link, { headers: { cookie, origin }, on })).status).toBe(204);
    expect(await isVerified(body.email, on)).toBe(true);
  });

  it('a second time with nothing but the link, which changes nothing', async () => {
    const { link } = await registered();
    expect((await confirm(link, { password: goodPassword })).status).toBe(204);
    expect((await confirm(link)).status).toBe(204);
  });

  it('not with the token of a client that may not open the account', async () => {
    const { link, email } = await registered();
    const { client_id } = await newClient(app, await makeAdmin(app), {
      token_endpoint_auth_method: 'none',
      grant_types: ['refresh_token'],
    });
    const body = { email, password: goodPassword, client_id };
    const { access_token: token } = (await expectStatus(call(app, 'POST', '/auth/login', { body }), 200)) as Tokens;
    await expectProblem(confirm(link, { token }), 403, 'password_required');
  });
});

it('a client that does not ask for the owner confirms with the link alone, but for no session of another account', async () => {
  const { link, email } = await registered();
  await expectProblem(
    call(app, 'POST', '/auth/email/verify', { body: { token: link, password: attackersPassword } }),
    403,
    'password_incorrect',
  );
  const { access_token: token } = await register(app);
  const body = { token: link };
  await expectProblem(call(app, 'POST', '/auth/email/verify', { token, body }), 403, 'password_required');
  await expectStatus(call(app, 'POST', '/auth/email/verify', { body }), 204);
  expect(await isVerified(email)).toBe(true);
});

it('an unknown or expired link asks for no password', async () => {
  await expectProblem(confirm('A'.repeat(43)), 400, 'one_time_token_invalid');
  await expectProblem(confirm('A'.repeat(43), { password: goodPassword }), 400, 'one_time_token_invalid');
});

it('the reader of a link may guess as often as a stranger, and holds up no sign-in (attack: guessing with a link)', async () => {
  const on = await startAppForTest({ env: { RATE_LIMITS: 'on', LIMIT_ACCOUNT_FAILURES: '3/1d' } });
  const { user } = await register(on);
  const link = await latestLink(user.email, on);
  for (let i = 0; i < 3; i++) {
    await expectProblem(confirm(link, { password: `wrong ${i}`, on }), 403, 'password_incorrect');
  }
  // As if there had been ten: the next one makes it refuse for minutes.
  await on.db.query(`UPDATE rate_limits SET points = 10 WHERE key LIKE 'pawl:account-failures:%'`);
  await confirm(link, { password: 'wrong', on });
  await expectProblem(confirm(link, { password: goodPassword, on }), 429, 'rate_limited');
  await login(on, user.email);
});
