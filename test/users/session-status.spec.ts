import { CookieJar } from '../auth/cookies.js';
import { newClient, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectStatus, goodPassword, makeAdmin, newEmail, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const sameSite = [['Sec-Fetch-Site', 'same-origin']] as const;
const status = (token?: string, on = app) => call(on, 'GET', '/auth/session', { token });

function expectSignedOut({ status: code, body, headers }: Answer): void {
  expect({ code, body }).toEqual({ code: 200, body: { user: null } });
  expect(headers.getSetCookie()).toEqual([]);
}

function expectSignedIn(
  { status: code, body }: Answer,
  { user, session_id }: Pick<Tokens, 'user' | 'session_id'>,
): void {
  expect({ code, body }).toEqual({
    code: 200,
    body: { user: { ...user, locale: null }, session_id, expires_at: expect.stringMatching(/^\d{4}-.*Z$/) },
  });
}

describe('GET /auth/session with a bearer token', () => {
  it('shows the user, the session and its end', async () => {
    const tokens = await register(app);
    const response = await status(tokens.access_token);
    expectSignedIn(response, tokens);
    const { sessions } = await expectStatus(call(app, 'GET', '/auth/sessions', { token: tokens.access_token }), 200);
    expect((response.body as { expires_at: string }).expires_at).toBe(sessions[0].expires_at);
  });

  it('is 200 without a user when signed out: without a token, with a wrong one, or with one of a service', async () => {
    expectSignedOut(await status());
    for (const token of ['', 'bad', 'a.b.c', `${(await register(app)).access_token}x`])
      expectSignedOut(await status(token));
    expectSignedOut(await status(await serviceToken(app, await newClient(app, await makeAdmin(app)))));
  });

  it('is 200 without a user after a sign-out, a disabling and a deletion', async () => {
    const { access_token: admin } = await makeAdmin(app);
    const ends: ((tokens: Tokens) => Promise<Answer>)[] = [
      ({ access_token: token }) => call(app, 'POST', '/auth/logout', { token }),
      ({ access_token: token }) => call(app, 'POST', '/auth/logout-all', { token }),
      ({ user }) => call(app, 'PATCH', `/users/${user.id}`, { token: admin, body: { disabled: true } }),
      ({ user }) => call(app, 'DELETE', `/users/${user.id}`, { token: admin }),
    ];
    for (const end of ends) {
      const tokens = await register(app);
      expectSignedIn(await status(tokens.access_token), tokens);
      expect((await end(tokens)).status).toBeLessThan(300);
      expectSignedOut(await status(tokens.access_token));
    }
  });

  it('is 200 without a user when the token has expired, and for an idle session', async () => {
    const on = await startAppForTest({ env: { REFRESH_IDLE_TTL: '5m' } });
    const tokens = await register(on);
    on.clock.advanceSeconds(6 * 60);
    expectSignedOut(await status(tokens.access_token, on));
    const later = await register(on);
    on.clock.advanceSeconds(24 * 60 * 60);
    expectSignedOut(await status(later.access_token, on));
  });
});

describe('GET /auth/session with cookies', () => {
  async function signedIn(on = app): Promise<{ jar: CookieJar; tokens: Tokens }> {
    const jar = new CookieJar(on);
    const body = JSON.stringify({ email: newEmail(), password: goodPassword, delivery: 'cookie' });
    const headers = [['Content-Type', 'application/json']] as const;
    const response = await jar.send({ method: 'POST', path: '/auth/register', headers, body });
    expect(response.status).toBe(201);
    return { jar, tokens: response.body as Tokens };
  }
  const statusIn = (jar: CookieJar) => jar.send({ method: 'GET', path: '/auth/session' });

  it('shows the user', async () => {
    const { jar, tokens } = await signedIn();
    expectSignedIn(await statusIn(jar), tokens);
  });

  it('is signed in while the refresh cookie is good, and uses up nothing', async () => {
    const on = await startAppForTest();
    const { jar, tokens } = await signedIn(on);
    on.clock.advanceSeconds(60 * 60);
    const before = await on.db.query('SELECT * FROM sessions');
    for (let i = 0; i < 3; i++) expectSignedIn(await statusIn(jar), tokens);
    expect(await on.db.query('SELECT * FROM sessions')).toEqual(before);
    const refreshed = await jar.send({ method: 'POST', path: '/auth/refresh', headers: sameSite });
    expect(refreshed.status).toBe(200);
  });

  it('a stolen refresh cookie that was used before shows nothing, and ends nothing by looking', async () => {
    const on = await startAppForTest();
    const { jar } = await signedIn(on);
    const stolen = jar.header;
    for (let i = 0; i < 2; i++) {
      on.clock.advanceSeconds(60 * 60);
      const refreshed = await jar.send({ method: 'POST', path: '/auth/refresh', headers: sameSite });
      expect(refreshed.status).toBe(200);
    }
    const thief = { method: 'GET', path: '/auth/session', headers: [stolen] };
    expectSignedOut(await rawCall(on, thief));
    expect((await statusIn(jar)).body).toMatchObject({ user: { name: null } });
  });

  it('is signed out after a sign-out', async () => {
    const { jar } = await signedIn();
    const stale = jar.header;
    await jar.send({ method: 'POST', path: '/auth/logout', headers: sameSite });
    expectSignedOut(await statusIn(jar));
    expectSignedOut(await rawCall(app, { method: 'GET', path: '/auth/session', headers: [stale] }));
  });
});
