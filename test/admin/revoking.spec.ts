import type { AdminUserView } from '../../src/users/user.schema.js';
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
  refresh,
  register,
} from '../support/http.js';
import { recordingDestination } from '../support/log.js';

describe('a change by an admin takes effect at once', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    token = (await makeAdmin(app)).access_token;
  });
  afterAll(() => app.close());

  const change = (id: string, body: object) => expectStatus(call(app, 'PATCH', `/users/${id}`, { token, body }), 200);
  const me = (accessToken: string) => call(app, 'GET', '/auth/me', { token: accessToken });
  const epochOf = async (id: string) => (await app.db.query('SELECT epoch FROM users WHERE id = $1', [id]))[0]?.epoch;

  it('a new role refuses access tokens with the old one, and a refresh returns the new one', async () => {
    const tokens = await register(app);
    await change(tokens.user.id, { role: 'admin' });

    await expectProblem(me(tokens.access_token), 401, 'token_revoked');
    const refreshed: Tokens = await expectStatus(refresh(app, tokens.refresh_token), 200);
    expect(refreshed.user.role).toBe('admin');
    await expectStatus(call(app, 'GET', '/users', { token: refreshed.access_token }), 200);

    await change(tokens.user.id, { role: 'user' });
    await expectProblem(call(app, 'GET', '/users', { token: refreshed.access_token }), 401, 'token_revoked');
    const demoted: Tokens = await expectStatus(refresh(app, refreshed.refresh_token), 200);
    await expectProblem(call(app, 'GET', '/users', { token: demoted.access_token }), 403, 'forbidden');
  });

  it('disabling ends every session and refuses sign-ins; enabling revives no session', async () => {
    const first = await register(app);
    const second = await login(app, first.user.email);
    expect(await change(first.user.id, { disabled: true })).toMatchObject({ disabled: true });

    for (const { access_token, refresh_token } of [first, second]) {
      await expectProblem(me(access_token), 401, 'token_revoked');
      await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    }
    const credentials = { email: first.user.email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body: credentials }), 403, 'account_disabled');

    expect(await change(first.user.id, { disabled: false })).toMatchObject({ disabled: false });
    for (const { access_token, refresh_token } of [first, second]) {
      await expectProblem(me(access_token), 401, 'token_revoked');
      await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    }
    await expectStatus(me((await login(app, first.user.email)).access_token), 200);
  });

  it('a change to the present value revokes nothing', async () => {
    const tokens = await register(app, { name: 'Ada' });
    const epoch = await epochOf(tokens.user.id);
    await change(tokens.user.id, { role: 'user' });
    await change(tokens.user.id, { disabled: false });
    await change(tokens.user.id, { role: 'user', disabled: false, name: 'Grace' });

    expect(await epochOf(tokens.user.id)).toBe(epoch);
    await expectStatus(me(tokens.access_token), 200);
    await expectStatus(refresh(app, tokens.refresh_token), 200);
  });

  it('deleting a user refuses the tokens, deletes sessions and notes, and frees the address', async () => {
    const email = newEmail();
    const tokens = await register(app, { email });
    await expectStatus(call(app, 'POST', '/notes', { token: tokens.access_token, body: { title: 'x' } }), 201);
    await expectStatus(call(app, 'DELETE', `/users/${tokens.user.id}`, { token }), 204);

    await expectProblem(me(tokens.access_token), 401, 'token_revoked');
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
    await expectProblem(call(app, 'GET', `/users/${tokens.user.id}`, { token }), 404, 'not_found');
    const credentials = { email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body: credentials }), 401, 'invalid_credentials');
    expect(await app.db.query('SELECT id FROM notes WHERE user_id = $1', [tokens.user.id])).toEqual([]);

    const again = await register(app, { email });
    expect(again.user.id).not.toBe(tokens.user.id);
    await expectProblem(me(tokens.access_token), 401, 'token_revoked');
  });

  it('a refused change revokes nothing', async () => {
    const tokens = await register(app);
    const body = { role: 'root', disabled: true };
    await expectProblem(call(app, 'PATCH', `/users/${tokens.user.id}`, { token, body }), 400, 'validation_failed');
    await expectStatus(me(tokens.access_token), 200);
  });
});

it('every action of an admin writes one log line, with ids and without email or name', async () => {
  const log = recordingDestination();
  const app = await startApp({
    env: { LOG_LEVEL: 'info' },
    logDestination: log,
  });
  try {
    const admin = await makeAdmin(app);
    const { access_token: token } = admin;
    const email = newEmail();
    log.lines.length = 0;
    const { id }: AdminUserView = await expectStatus(
      call(app, 'POST', '/users', { token, body: { email, password: goodPassword } }),
      201,
    );
    for (const body of [
      { role: 'admin' },
      { disabled: true },
      { disabled: false },
      { name: 'Grace' },
      { name: 'Grace' },
    ]) {
      await expectStatus(call(app, 'PATCH', `/users/${id}`, { token, body }), 200);
    }
    await expectStatus(call(app, 'DELETE', `/users/${id}`, { token }), 204);

    const audited = log.entries<{ event?: string }>().filter(({ event }) => event !== undefined);
    const involved = { actorUserId: admin.user.id, subjectUserId: id, ip: '127.0.0.1' };
    expect(audited).toMatchObject([
      { event: 'user.created', ...involved, details: { role: 'user' } },
      { event: 'user.role_changed', ...involved, details: { role: 'admin' } },
      { event: 'user.disabled', ...involved },
      { event: 'user.enabled', ...involved },
      { event: 'user.renamed', ...involved },
      { event: 'user.deleted', ...involved },
    ]);
    expect(log.text).not.toContain(email);
    expect(log.text).not.toContain('Grace');
    expect(log.text).not.toContain(goodPassword);
  } finally {
    await app.close();
  }
});
