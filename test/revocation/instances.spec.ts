import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, login, makeAdmin, refresh, register } from '../support/http.js';
import { until } from '../support/until.js';

/** What is revoked at one instance is refused at the other, although a protected request asks nobody. */
describe('two instances', () => {
  let db: TestDatabase;
  let one: TestApp;
  let two: TestApp;

  beforeAll(async () => {
    db = await createTestDatabase();
    one = await startApp({ database: db });
    two = await startApp({ database: db, clock: one.clock });
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await db.drop();
  });

  const me = (app: TestApp, token: string) => call(app, 'GET', '/auth/me', { token });
  const refusedAtTwo = (token: string) => until(async () => (await me(two, token)).body.code === 'token_revoked');

  it('a logout at one takes effect at the other', async () => {
    const { access_token: token } = await register(one);
    expect((await me(two, token)).status).toBe(200);
    await call(one, 'POST', '/auth/logout', { token });
    await refusedAtTwo(token);
  });

  it('logout everywhere at one refuses every session’s token at the other', async () => {
    const { user, access_token: first } = await register(one);
    const { access_token: second } = await login(two, user.email);
    await call(one, 'POST', '/auth/logout-all', { token: first });
    await refusedAtTwo(first);
    await refusedAtTwo(second);
  });

  it('a reuse detected at one refuses the stolen session’s access token at the other', async () => {
    const victim = await register(one);
    const stolen = victim.refresh_token;
    const { body: first } = await refresh(one, stolen);
    one.clock.advanceSeconds(60);
    const { body: second } = await refresh(one, first.refresh_token);
    await expectProblem(refresh(one, stolen), 401, 'refresh_reused');
    await refusedAtTwo(second.access_token);
  });

  it.each([
    ['a changed role', { role: 'admin' }],
    ['disabling', { disabled: true }],
  ])('%s at one refuses the tokens of before at the other', async (_, change) => {
    const admin = await makeAdmin(one);
    const { user, access_token: token } = await register(one);
    await call(one, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body: change });
    await refusedAtTwo(token);
  });

  it('deleting a user at one refuses the tokens at the other', async () => {
    const admin = await makeAdmin(one);
    const { user, access_token: token } = await register(one);
    await call(one, 'DELETE', `/users/${user.id}`, { token: admin.access_token });
    await refusedAtTwo(token);
  });
});
