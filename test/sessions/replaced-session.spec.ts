import { CookieJar } from '../auth/cookies.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { expectProblem, goodPassword, refresh, register } from '../support/http.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const headers = [
  ['Content-Type', 'application/json'],
  ['Sec-Fetch-Site', 'same-origin'],
] as const;

function signIn(jar: CookieJar, email: string, fields: object = {}): Promise<Answer> {
  const body = JSON.stringify({ email, password: goodPassword, delivery: 'cookie', ...fields });
  return jar.send({ method: 'POST', path: '/auth/login', headers, body });
}

const reasonOf = async (sessionId: string) =>
  (
    await app.db.query<{ revoked_reason: string | null }>('SELECT revoked_reason FROM sessions WHERE id = $1', [
      sessionId,
    ])
  )[0]?.revoked_reason;

async function browserOf(email: string): Promise<{ jar: CookieJar; sessionId: string; copy: string }> {
  const jar = new CookieJar(app);
  const { body } = await signIn(jar, email);
  return { jar, sessionId: (body as { session_id: string }).session_id, copy: jar.refresh! };
}

describe('a sign-in with cookies', () => {
  it('ends the session whose cookies it replaces, so that a copy of them is worth nothing', async () => {
    const { user } = await register(app);
    const { jar, sessionId, copy } = await browserOf(user.email);
    expect((await signIn(jar, user.email)).status).toBe(200);
    expect(await reasonOf(sessionId)).toBe('replaced');
    await expectProblem(refresh(app, copy), 401, 'session_revoked');
  });

  it('ends it also if another user signs in', async () => {
    const [one, other] = [await register(app), await register(app)];
    const { jar, sessionId } = await browserOf(one.user.email);
    await signIn(jar, other.user.email);
    expect(await reasonOf(sessionId)).toBe('replaced');
  });

  it('ends nothing if it fails', async () => {
    const { user } = await register(app);
    const { jar, sessionId } = await browserOf(user.email);
    expect((await signIn(jar, user.email, { password: 'wrong password' })).status).toBe(401);
    expect(await reasonOf(sessionId)).toBeNull();
  });

  it('ends nothing by a forged cookie', async () => {
    const { user } = await register(app);
    const { sessionId, copy } = await browserOf(user.email);
    const body = JSON.stringify({ email: user.email, password: goodPassword, delivery: 'cookie' });
    const forged = copy.slice(0, -1) + (copy.endsWith('A') ? 'B' : 'A');
    const jar = new CookieJar(app);
    const cookie = ['Cookie', `__Host-pawl_refresh=${forged}`] as const;
    expect((await jar.send({ method: 'POST', path: '/auth/login', headers: [...headers, cookie], body })).status).toBe(
      200,
    );
    expect(await reasonOf(sessionId)).toBeNull();
  });
});

it('a sign-in without cookies ends no session of the browser', async () => {
  const { user } = await register(app);
  const { jar, sessionId } = await browserOf(user.email);
  expect((await signIn(jar, user.email, { delivery: 'body' })).status).toBe(200);
  expect(await reasonOf(sessionId)).toBeNull();
});
