import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  newEmail,
  register,
  registerConfirmed,
} from '../support/http.js';
import { mailsTo } from './mailbox.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({
    env: {
      RATE_LIMITS: 'on',
      LIMIT_ACCOUNT_FAILURES: '10/1d',
      LIMIT_REGISTER: 'off',
      LIMIT_FORGOT: 'off',
      LIMIT_RESEND: 'off',
    },
  });
});
afterAll(() => app.close());

const subjectsTo = async (email: string) => (await mailsTo(app, email)).map(({ subject }) => subject);

function signIn(email: string, headers: Record<string, string> = {}, password = goodPassword) {
  return call(app, 'POST', '/auth/login', { body: { email, password }, headers });
}

describe('an address that never confirmed anything', () => {
  it('gets three emails at most when somebody registers and deletes an account with it again and again', async () => {
    const email = newEmail();
    for (let i = 0; i < 10; i++) {
      const { access_token: token } = await register(app, { email });
      await subjectsTo(email);
      app.clock.advanceSeconds(61);
      await expectStatus(call(app, 'POST', '/auth/me/delete', { token, body: { password: goodPassword } }), 204);
    }
    expect(await subjectsTo(email)).toEqual(Array(3).fill('Confirm your email address for localhost:3000'));
  });

  it('gets ten links a day at most, however slowly somebody asks', async () => {
    const { user } = await register(app);
    for (let i = 0; i < 20; i++) {
      await expectStatus(call(app, 'POST', '/auth/email/resend', { body: { email: user.email } }), 202);
      await subjectsTo(user.email);
      app.clock.advanceSeconds(3600);
    }
    expect(await subjectsTo(user.email)).toHaveLength(10);
    app.clock.advanceSeconds(24 * 3600);
    await expectStatus(call(app, 'POST', '/auth/email/resend', { body: { email: user.email } }), 202);
    expect(await subjectsTo(user.email)).toHaveLength(11);
  });

  it('is not flooded by password changes that void earlier reset emails', async () => {
    let { access_token: token } = await register(app);
    const me = (await call(app, 'GET', '/auth/me', { token })).body as { email: string };
    let password = goodPassword;
    for (let i = 0; i < 6; i++) {
      await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: me.email } }), 202);
      await subjectsTo(me.email);
      const next = `${goodPassword} ${i}`;
      const body = { current_password: password, new_password: next };
      await call(app, 'POST', '/auth/password', { token, body });
      password = next;
      token = (await signIn(me.email, {}, password)).body.access_token;
    }
    const resets = (await subjectsTo(me.email)).filter((subject) => subject.includes('new password'));
    expect(resets).toHaveLength(3);
  });

  it('gets no notices', async () => {
    const { user, access_token: token } = await register(app);
    const change = { email: newEmail(), password: goodPassword };
    await expectStatus(call(app, 'POST', '/auth/email', { token, body: change }), 202);
    await expectStatus(signIn(user.email, { 'user-agent': 'another device' }), 200);
    await expectStatus(call(app, 'POST', '/auth/me/delete', { token, body: { password: goodPassword } }), 204);
    expect(await subjectsTo(user.email)).toEqual([]);
  });
});

it('a user whose resets somebody else requests all the time still gets a link that works', async () => {
  const { user } = await registerConfirmed(app);
  const forgot = () => expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } }), 202);
  for (let i = 0; i < 30; i++) {
    await forgot();
    await subjectsTo(user.email);
    app.clock.advanceSeconds(10 * 60);
  }
  const before = (await mailsTo(app, user.email)).length;
  for (let i = 0; i < 3; i++) {
    await forgot();
    app.clock.advanceSeconds(10 * 60);
  }
  const mails = await mailsTo(app, user.email);
  expect(mails.length).toBeGreaterThan(before);
  const token = /#token=([\w-]{43})/.exec(mails.at(-1)!.text)![1];
  const reset = { token, password: `${goodPassword} anew` };
  await expectStatus(call(app, 'POST', '/auth/password/reset', { body: reset }), 204);
});

describe('a sign-in', () => {
  const newDevice = 'New sign-in to your account at localhost:3000';

  it('from a new device is notified, from the same one and from a known device it is not', async () => {
    const { user } = await registerConfirmed(app);
    const { headers } = await signIn(user.email, { 'user-agent': 'thief' });
    expect(await subjectsTo(user.email)).toEqual([newDevice]);
    app.clock.advanceSeconds(3600);
    await signIn(user.email, { 'user-agent': 'thief' });
    await signIn(user.email, { 'user-agent': 'thief again', 'pawl-device': headers.get('pawl-device')! });
    expect(await subjectsTo(user.email)).toEqual([newDevice]);
    await signIn(user.email, { 'user-agent': 'a third one' });
    expect(await subjectsTo(user.email)).toEqual([newDevice, newDevice]);
  });

  it('after many wrong passwords is notified as that', async () => {
    const { user } = await registerConfirmed(app);
    for (let i = 0; i < 5; i++) await expectProblem(signIn(user.email, {}, 'wrong'), 401, 'invalid_credentials');
    await expectStatus(signIn(user.email), 200);
    expect(await subjectsTo(user.email)).toEqual(['Sign-in to your account at localhost:3000 after failed attempts']);
  });

  it('that is the first of all is not notified', async () => {
    const { user } = await registerConfirmed(app);
    await app.db.query('UPDATE users SET last_sign_in_at = NULL WHERE id = $1', [user.id]);
    await signIn(user.email, { 'user-agent': 'the first one' });
    expect(await subjectsTo(user.email)).toEqual([]);
  });
});

it('a session that ends because its refresh token was stolen is notified, once', async () => {
  const { user, refresh_token: stolen } = await registerConfirmed(app);
  const refresh = (token: string) => call(app, 'POST', '/auth/refresh', { body: { refresh_token: token } });
  const { body: owner } = await refresh(stolen);
  app.clock.advanceSeconds(60);
  await expectStatus(refresh(owner.refresh_token), 200);
  app.clock.advanceSeconds(60);
  await expectProblem(refresh(stolen), 401, 'refresh_reused');
  await refresh(stolen);
  expect(await subjectsTo(user.email)).toEqual(['A device was signed out of your account at localhost:3000']);
});
