import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, makeAdmin, refresh, register } from '../support/http.js';
import { until } from '../support/until.js';
import { holdRow, lineUp, waitingForLocks } from './line-up.js';
import { accessStatus, granted, tokensOf } from './refresh-story.js';

let app: TestApp;
let admin: Tokens;
beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
});
afterAll(() => app.close());

const signIn = ({ user }: Tokens) =>
  call(app, 'POST', '/auth/login', { body: { email: user.email, password: goodPassword } });

/** What takes a user's sessions away; each updates the user's row before it looks at the sessions. */
const revokers = {
  'being disabled': ({ user }: Tokens) =>
    call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body: { disabled: true } }),
  'being deleted': ({ user }: Tokens) => call(app, 'DELETE', `/users/${user.id}`, { token: admin.access_token }),
  'logout everywhere': ({ access_token }: Tokens) => call(app, 'POST', '/auth/logout-all', { token: access_token }),
} satisfies Record<string, (user: Tokens) => Promise<Answer>>;

describe.each(Object.keys(revokers) as (keyof typeof revokers)[])('a sign-in and %s', (name) => {
  it('leave no live session if the sign-in is first', async () => {
    const user = await register(app);
    const held = await holdRow(app.db, 'users', user.user.id);
    const [signedIn, revoked] = await lineUp(app.db, held, [() => signIn(user), () => revokers[name](user)]);
    expect(signedIn!.status).toBe(200);
    expect(revoked!.status).toBeLessThan(300);
    await expectNoneLive(user);
    await expectOver(tokensOf(signedIn!));
  });

  it('leave no live session if the sign-in is second', async () => {
    const user = await register(app);
    const held = await holdRow(app.db, 'users', user.user.id);
    const [revoked, signedIn] = await lineUp(app.db, held, [() => revokers[name](user), () => signIn(user)]);
    expect(revoked!.status).toBeLessThan(300);
    // The password was right, but the user changed after it was verified.
    if (name === 'being disabled') await expectProblem(signedIn!, 403, 'account_disabled');
    else await expectProblem(signedIn!, 401, 'invalid_credentials');
    await expectNoneLive(user);
  });

  it('at the same time leave no live session', async () => {
    for (let i = 0; i < 10; i++) {
      const user = await register(app);
      const [one, , other] = await Promise.all([signIn(user), revokers[name](user), signIn(user)]);
      const since = name === 'logout everywhere' ? await sessionsSinceLogout(user) : [];
      expect(await liveSessions(user)).toBe(since.length);
      for (const response of [one, other]) {
        if (response.status === 200 && !since.includes(tokensOf(response).session_id))
          await expectOver(tokensOf(response));
      }
    }
  });
});

it('a sign-in is refused if the password was changed meanwhile', async () => {
  const user = await register(app);
  const before = await liveSessions(user);
  await expectStatus(call(app, 'POST', '/auth/logout', { token: user.access_token }), 204);
  const other = await register(app, { password: 'another password' });
  const change = `UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = '${other.user.id}') WHERE id = $1`;
  const held = await holdRow(app.db, 'users', user.user.id, change);
  const [signedIn] = await lineUp(app.db, held, [() => signIn(user)]);
  await expectProblem(signedIn!, 401, 'invalid_credentials');
  expect(before).toBe(1);
  expect(await liveSessions(user)).toBe(0);
});

describe('a refresh that waits for its row', () => {
  it('is refused if its user was disabled meanwhile', async () => {
    const user = await register(app);
    const held = await holdRow(app.db, 'sessions', user.session_id);
    const [disabled, refreshed] = await lineUp(app.db, held, [
      () => revokers['being disabled'](user),
      () => refresh(app, user.refresh_token),
    ]);
    expect(disabled!.status).toBe(200);
    await expectProblem(refreshed!, 401, 'session_revoked');
  });

  it('that was first gets tokens that are refused once its user is disabled', async () => {
    const user = await register(app);
    const held = await holdRow(app.db, 'sessions', user.session_id);
    const [refreshed, disabled] = await lineUp(app.db, held, [
      () => refresh(app, user.refresh_token),
      () => revokers['being disabled'](user),
    ]);
    expect([refreshed!.status, disabled!.status]).toEqual([200, 200]);
    await expectOver(tokensOf(refreshed!));
    await expectNoneLive(user);
  });

  it('has the role it read, and its token is refused by the epoch if the role has changed meanwhile', async () => {
    const user = await register(app);
    const held = await holdRow(app.db, 'sessions', user.session_id);
    const waiting = refresh(app, user.refresh_token);
    await until(async () => (await waitingForLocks(app.db)).length === 1);
    const change = { token: admin.access_token, body: { role: 'admin' } };
    await expectStatus(call(app, 'PATCH', `/users/${user.user.id}`, change), 200);
    await held.release();
    const refreshed = await waiting;

    const outdated = tokensOf(refreshed);
    expect(outdated.user.role).toBe('user');
    expect(await accessStatus(app, outdated)).toBe(401);
    const current = await granted(app, outdated, 'hold');
    expect(current.user.role).toBe('admin');
    expect(await accessStatus(app, current)).toBe(200);
  });
});

async function liveSessions({ user }: Tokens): Promise<number> {
  const rows = await app.db.query('SELECT FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [user.id]);
  return rows.length;
}

/** A sign-in that began when everything was over already is a new one, and stays. */
async function sessionsSinceLogout({ user }: Tokens): Promise<string[]> {
  const rows = await app.db.query<{ id: string }>(
    `SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL
       AND created_at >= (SELECT max(revoked_at) FROM sessions WHERE user_id = $1)`,
    [user.id],
  );
  return rows.map(({ id }) => id);
}

async function expectNoneLive(user: Tokens): Promise<void> {
  expect(await liveSessions(user)).toBe(0);
}

/** Neither of the tokens opens anything any more, now or later. */
async function expectOver(tokens: Tokens): Promise<void> {
  expect(await accessStatus(app, tokens)).toBe(401);
  await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
}
