import { CookieJar } from '../auth/cookies.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  makeAdmin,
  newEmail,
  register,
  registerConfirmed,
} from '../support/http.js';
import { mailsTo, tokenIn } from './mailbox.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

function describeLink(link: unknown, token?: string) {
  return call(app, 'POST', '/auth/email/link', { ...(token !== undefined && { token }), body: { token: link } });
}

async function latestLink(email: string): Promise<string> {
  return tokenIn((await mailsTo(app, email)).at(-1));
}

function storedTokens() {
  return app.db.query('SELECT * FROM one_time_tokens ORDER BY token_hash');
}

describe('the page of a link can show what it does', () => {
  it.each([
    ['verify_email', async () => (await register(app)).user.email],
    [
      'reset_password',
      async () => {
        const { email } = (await registerConfirmed(app)).user;
        await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
        return email;
      },
    ],
    [
      'invitation',
      async () => {
        const [{ access_token: token }, email] = [await makeAdmin(app), newEmail()];
        await expectStatus(call(app, 'POST', '/users', { token, body: { email } }), 201);
        return email;
      },
    ],
    [
      'sign_in',
      async () => {
        const { email } = (await registerConfirmed(app)).user;
        await expectStatus(call(app, 'POST', '/auth/link', { body: { email } }), 202);
        return email;
      },
    ],
  ] as const)('%s: the purpose and the address, again and again, and changes nothing', async (purpose, send) => {
    const email = await send();
    const link = await latestLink(email);
    const before = await storedTokens();
    for (let times = 0; times < 3; times++) {
      const body = await expectStatus(describeLink(link), 200);
      expect(body).toEqual({ purpose, email, used: false, own_account: false });
    }
    expect(await storedTokens()).toEqual(before);
  });

  it('names the new address and not the present one: a stranger may read the email (attack: whose account is it?)', async () => {
    const { access_token: token, user } = await registerConfirmed(app);
    const email = newEmail();
    await expectStatus(call(app, 'POST', '/auth/email', { token, body: { email, password: goodPassword } }), 202);
    const { body } = await describeLink(await latestLink(email));
    expect(body).toEqual({ purpose: 'change_email', email, used: false, own_account: false });
    expect(JSON.stringify(body)).not.toContain(user.email);
  });

  it('says whether the account is that of the caller', async () => {
    const { access_token: own, user } = await register(app);
    const { access_token: other } = await register(app);
    const link = await latestLink(user.email);
    expect((await describeLink(link, own)).body).toMatchObject({ own_account: true });
    expect((await describeLink(link, other)).body).toMatchObject({ own_account: false });
    expect((await describeLink(link, 'not a token')).body).toMatchObject({ own_account: false });
  });

  it('says of a link that has confirmed an address that it is used, and of a used password link nothing', async () => {
    const { access_token: token, user } = await register(app);
    const link = await latestLink(user.email);
    await expectStatus(call(app, 'POST', '/auth/email/verify', { token, body: { token: link } }), 204);
    expect((await describeLink(link)).body).toMatchObject({ email: user.email, used: true });
    app.clock.advanceSeconds(61);
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } }), 202);
    const reset = await latestLink(user.email);
    const body = { token: reset, password: 'another horse, another battery' };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
    await expectProblem(describeLink(reset), 400, 'one_time_token_invalid');
    // A new password voids every other link.
    await expectProblem(describeLink(link), 400, 'one_time_token_invalid');
  });
});

it.each(['', 'x', 'A'.repeat(43), `${'A'.repeat(43)}\n`, "' OR 1=1 --", '💥'.repeat(40)])(
  'a link that was never sent (%j) is one_time_token_invalid',
  async (link) => {
    await expectProblem(describeLink(link), 400, 'one_time_token_invalid');
  },
);

it.each([[undefined], [null], [7], [['x']]])('a token that is %j is not a token', async (link) => {
  await expectProblem(describeLink(link), 400, 'validation_failed');
});

it('an old link, and that of a disabled user, say nothing', async () => {
  const { user } = await register(app);
  const link = await latestLink(user.email);
  await app.db.query('UPDATE users SET disabled = true WHERE id = $1', [user.id]);
  await expectProblem(describeLink(link), 400, 'one_time_token_invalid');
  const next = await register(app);
  const old = await latestLink(next.user.email);
  app.clock.advanceSeconds(61 * 60);
  await expectProblem(describeLink(old), 400, 'one_time_token_invalid');
});

it('a page of another site cannot ask with the cookies of the visitor', async () => {
  const body = { email: newEmail(), password: goodPassword, delivery: 'cookie' };
  const origin = 'http://localhost:3000';
  const jar = new CookieJar(app);
  jar.keep(await call(app, 'POST', '/auth/register', { body, headers: { origin } }));
  const [, cookie] = jar.header;
  const ask = (from: string) =>
    call(app, 'POST', '/auth/email/link', { body: { token: 'A'.repeat(43) }, headers: { cookie, origin: from } });
  await expectProblem(ask('https://evil.example'), 403, 'csrf_rejected');
  await expectProblem(ask(origin), 400, 'one_time_token_invalid');
});
