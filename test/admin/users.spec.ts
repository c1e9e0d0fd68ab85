import { randomUUID } from 'node:crypto';
import type { UserList } from '../../src/admin/users.schema.js';
import type { AdminUserView } from '../../src/users/user.schema.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  newEmail,
  register,
} from '../support/http.js';

describe('users, as admins see them', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp({ env: { ROLES: 'editor' } });
    token = (await makeAdmin(app)).access_token;
  });
  afterAll(() => app.close());

  const create = (overrides: object = {}) =>
    call(app, 'POST', '/users', { token, body: { email: newEmail(), password: goodPassword, ...overrides } });
  const created = async (overrides: object = {}): Promise<AdminUserView> => {
    const user: AdminUserView = await expectStatus(create(overrides), 201);
    return user;
  };
  const read = async (id: string): Promise<AdminUserView> => {
    const user: AdminUserView = await expectStatus(call(app, 'GET', `/users/${id}`, { token }), 200);
    return user;
  };
  const list = async (query = ''): Promise<UserList> => {
    const page: UserList = await expectStatus(call(app, 'GET', `/users${query}`, { token }), 200);
    return page;
  };
  const change = (id: string, body: unknown) => call(app, 'PATCH', `/users/${id}`, { token, body });

  it('an admin creates a user who can sign in', async () => {
    const email = newEmail();
    const user = await created({ email, name: 'Grace', role: 'editor' });
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email,
      name: 'Grace',
      role: 'editor',
      email_verified: false,
      created_at: expect.stringMatching(/Z$/),
      disabled: false,
      last_sign_in_at: null,
      second_factor: false,
    });

    const tokens = await login(app, email);
    expect(tokens.user).toMatchObject({ id: user.id, role: 'editor' });
    expect((await read(user.id)).last_sign_in_at).toMatch(/Z$/);
  });

  it('a created user has the role user and no name by default', async () => {
    expect(await created()).toMatchObject({ role: 'user', name: null });
  });

  it('an email address is taken in every case and with spaces, and by one of two concurrent requests', async () => {
    const email = newEmail();
    const responses = await Promise.all([create({ email }), create({ email: ` ${email.toUpperCase()} ` })]);
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409]);
    await expectProblem(create({ email }), 409, 'email_taken');
  });

  it.each([
    ['an unknown role', { role: 'root' }, 'role'],
    ['a role in another case', { role: 'Admin' }, 'role'],
    ['a short password', { password: 'short' }, 'password'],
    ['an empty password', { password: '' }, 'password'],
    ['a bad email', { email: 'ada' }, 'email'],
    ['an empty name', { name: ' ' }, 'name'],
    ['an unknown key', { disabled: true }, ''],
  ])('a user with %s is not created', async (_, overrides, path) => {
    const { body } = await expectProblem(create(overrides), 400, 'validation_failed');
    expect(body).toMatchObject({ errors: [{ path }] });
  });

  it('an admin changes and removes the name of a user', async () => {
    const { user, access_token: own } = await register(app, { name: 'Ada' });
    expect(await expectStatus(change(user.id, { name: ' Ada Lovelace ' }), 200)).toMatchObject({
      name: 'Ada Lovelace',
    });
    expect(await expectStatus(call(app, 'GET', '/auth/me', { token: own }), 200)).toMatchObject({
      name: 'Ada Lovelace',
    });
    expect(await expectStatus(change(user.id, { name: null }), 200)).toMatchObject({ name: null });
  });

  it.each([
    ['nothing', {}],
    ['an unknown role', { role: 'root' }],
    ['an unknown key', { email: 'new@example.com' }],
    ['disabled in words', { disabled: 'yes' }],
    ['an empty name', { name: '' }],
    ['a role of null', { role: null }],
  ])('a change of %s is refused and changes nothing', async (_, body) => {
    const { id } = (await register(app)).user;
    const before = await read(id);
    await expectProblem(change(id, body), 400, 'validation_failed');
    expect(await read(id)).toEqual(before);
  });

  it('lists are newest first, and their pages contain each user once', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await created()).id);

    const seen: string[] = [];
    let query: string | null = '?limit=2';
    do {
      const page = await list(query);
      seen.push(...page.users.map(({ id }) => id));
      query = page.next_cursor && `?limit=2&cursor=${page.next_cursor}`;
    } while (query);
    expect(seen.slice(0, 5)).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
    const [{ count }] = (await app.db.query('SELECT count(*)::int AS count FROM users')) as [{ count: number }];
    expect(seen).toHaveLength(count);
  });

  it('a list can be filtered by one exact address', async () => {
    const { user } = await register(app);
    const find = (email: string) => list(`?email=${encodeURIComponent(email)}`);

    expect((await find(user.email.toUpperCase())).users).toMatchObject([{ id: user.id }]);
    expect(await find(user.email.slice(1))).toEqual({ users: [], next_cursor: null });
    await expectProblem(call(app, 'GET', '/users?email=%25', { token }), 400, 'validation_failed');
  });

  it('no response contains a password hash or an epoch', async () => {
    expect(JSON.stringify([await created(), await list()])).not.toMatch(/argon2|password|epoch/i);
  });

  it('an unknown or malformed id is 404', async () => {
    for (const id of [randomUUID(), 'x']) {
      await expectProblem(call(app, 'GET', `/users/${id}`, { token }), 404, 'not_found');
      await expectProblem(change(id, { name: 'x' }), 404, 'not_found');
      await expectProblem(call(app, 'DELETE', `/users/${id}`, { token }), 404, 'not_found');
    }
  });

  it('callers without the role admin are refused, even for their own user', async () => {
    const { user, access_token: plain } = await register(app);
    const editor = newEmail();
    await created({ email: editor, role: 'editor' });
    for (const other of [plain, (await login(app, editor)).access_token]) {
      await expectProblem(call(app, 'GET', '/users', { token: other }), 403, 'forbidden');
      await expectProblem(call(app, 'POST', '/users', { token: other, body: {} }), 403, 'forbidden');
      await expectProblem(call(app, 'GET', `/users/${user.id}`, { token: other }), 403, 'forbidden');
      await expectProblem(
        call(app, 'PATCH', `/users/${user.id}`, { token: other, body: { role: 'admin' } }),
        403,
        'forbidden',
      );
      await expectProblem(call(app, 'DELETE', `/users/${user.id}`, { token: other }), 403, 'forbidden');
    }
    await expectProblem(call(app, 'GET', '/users'), 401, 'token_missing');
    expect((await read(user.id)).role).toBe('user');
  });
});
