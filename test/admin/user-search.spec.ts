import { randomUUID } from 'node:crypto';
import type { UserList } from '../../src/admin/users.schema.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, login, makeAdmin, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';

describe('the search of admins', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp({ env: { ROLES: 'editor' } });
    token = (await makeAdmin(app)).access_token;
  });
  afterAll(() => app.close());

  const found = async (query: Record<string, string>): Promise<string[]> => {
    const page: UserList = await expectStatus(
      call(app, 'GET', `/users?${new URLSearchParams(query).toString()}`, { token }),
      200,
    );
    return page.users.map(({ id }) => id);
  };

  it('finds a part of the address or of the name, in upper or lower case', async () => {
    const mark = randomUUID().slice(0, 8);
    const byEmail = await register(app, { email: `grace.${mark}@example.com` });
    const byName = await register(app, { name: `Grace ${mark.toUpperCase()} Höpper 민준` });
    expect(await found({ search: mark.toUpperCase() })).toEqual([byName.user.id, byEmail.user.id]);
    expect(await found({ search: `${mark} höpper` })).toEqual([byName.user.id]);
    expect(await found({ search: `${mark} HÖPPER 민` })).toEqual([byName.user.id]);
    expect(await found({ search: `  ${mark}@EXAMPLE ` })).toEqual([byEmail.user.id]);
  });

  it.each(['%', '_', '\\', '%%%', '\\%', "' OR '1'='1"])('takes %s as text, not as a wildcard', async (wildcard) => {
    const mark = randomUUID();
    const { user } = await register(app, { name: `a${wildcard}b ${mark}` });
    await register(app, { name: `axyzb ${mark}` });
    expect(await found({ search: `a${wildcard}b ${mark}` })).toEqual([user.id]);
  });

  it.each(['k', 'ka', 'KA'])('takes a text of one or two characters as a beginning: %s', async (short) => {
    const [byEmail, byName, inside] = [
      await register(app, { email: `karl.${randomUUID()}@example.com` }),
      await register(app, { name: 'Kate Bush' }),
      await register(app, { email: `oskar.${randomUUID()}@example.com`, name: 'Oskar' }),
    ].map(({ user }) => user.id);
    const ids = await found({ search: short });
    expect(ids).toEqual(expect.arrayContaining([byEmail, byName]));
    expect(ids).not.toContain(inside);
    expect(await found({ search: 'kar' })).toEqual(expect.arrayContaining([byEmail, inside]));
  });

  it('finds a Korean name by its family name, by two syllables anywhere in it, and by all', async () => {
    const [first, second] = [await register(app, { name: '갉뚫힣' }), await register(app, { name: 'Ms 뚫힣 갉' })].map(
      ({ user }) => user.id,
    );
    expect(await found({ search: '갉' })).toEqual([first]);
    expect(await found({ search: '갉뚫' })).toEqual([first]);
    expect(await found({ search: '뚫힣' })).toEqual([second, first]);
    expect(await found({ search: '갉뚫힣' })).toEqual([first]);
    expect(await found({ search: 'MS 뚫' })).toEqual([second]);
    expect(await found({ search: '힣뚫' })).toEqual([]);
  });

  it.each([
    ['É', 'Éloïse', true],
    ['éloï', 'ÉLOÏSE', true],
    ['ïs', 'Éloïse', true],
    ['%', '%off', true],
    ['_', '_x_', true],
    ['\\', '\\slash', true],
    ['%é', 'xé', false],
    ['_é', 'xé', false],
    ['é\\', 'é\\x', true],
    ['é\\', 'éx', false],
    // The hexadecimal forms of these bytes are alike one digit apart.
    ['\u{8c}\u{e1}', 'x\u{3c}\u{8c}', false],
    ['😀', '😀 smile', true],
    ['\u{10ffff}', 'plain', false],
  ])('searches for %s in %s: %s', async (search, name, finds) => {
    const { user } = await register(app, { name });
    expect((await found({ search })).includes(user.id)).toBe(finds);
  });

  it('finds the oldest user behind very many newer ones, and pages through them', async () => {
    const own = await startAppForTest();
    const { user } = await register(own, { email: 'zoe@example.com', name: '갉뚫힣' });
    await own.db.query(`
      INSERT INTO users (id, email, name, role, password_hash, created_at)
      SELECT ('ffffffff-' || lpad(to_hex(i / 65536), 4, '0') || '-7' || lpad(to_hex(i % 4096), 3, '0') || '-8000-'
          || lpad(to_hex(i), 12, '0'))::uuid, 'user' || i || '@example.com',
        CASE i % 10000 WHEN 7 THEN '갉뚫' || i END, 'user', '!', now()
      FROM generate_series(1, 21000) i`);
    const { access_token: admin } = await makeAdmin(own);
    const pageOf = async (query: Record<string, string>) => {
      const path = `/users?${new URLSearchParams(query).toString()}`;
      return (await expectStatus(call(own, 'GET', path, { token: admin }), 200)) as UserList;
    };
    for (const search of ['zo', 'zoe', '뚫힣', '갉뚫힣']) {
      expect((await pageOf({ search })).users.map(({ id }) => id)).toEqual([user.id]);
    }
    const names: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const page = await pageOf({ search: '갉뚫', limit: '1', ...(cursor !== null && { cursor }) });
      names.push(...page.users.map(({ name }) => name));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(names).toHaveLength(4);
    expect(names.at(-1)).toBe('갉뚫힣');
    expect((await pageOf({ search: 'user1', limit: '2', role: 'admin' })).users).toEqual([]);
  });

  it('filters by role and by whether the user is disabled, together with the search', async () => {
    const mark = randomUUID();
    const [plain, editor, disabled] = [
      await register(app, { name: mark }),
      await register(app, { name: mark }),
      await register(app, { name: mark }),
    ].map(({ user }) => user.id);
    await expectStatus(call(app, 'PATCH', `/users/${editor}`, { token, body: { role: 'editor' } }), 200);
    await expectStatus(call(app, 'PATCH', `/users/${disabled}`, { token, body: { disabled: true } }), 200);
    expect(await found({ search: mark, role: 'editor' })).toEqual([editor]);
    expect(await found({ search: mark, disabled: 'true' })).toEqual([disabled]);
    expect(await found({ search: mark, disabled: 'false' })).toEqual([editor, plain]);
    expect(await found({ search: mark, role: 'editor', disabled: 'true' })).toEqual([]);
  });

  it('goes on to the next page of what it found', async () => {
    const mark = randomUUID();
    const users = [await register(app, { name: mark }), await register(app, { name: mark })].map(({ user }) => user.id);
    const read = async (more = '') =>
      (await expectStatus(call(app, 'GET', `/users?search=${mark}&limit=1${more}`, { token }), 200)) as UserList;
    const first = await read();
    const second = await read(`&cursor=${first.next_cursor}`);
    expect([...second.users, ...first.users].map(({ id }) => id)).toEqual(users);
    expect(second.next_cursor).toBeNull();
  });

  it.each(['search=', 'search=%20', `search=${'a'.repeat(101)}`, 'search=%00', 'disabled=1', 'search=a&search=b'])(
    'refuses %s',
    async (query) => {
      await expectProblem(call(app, 'GET', `/users?${query}`, { token }), 400, 'validation_failed');
    },
  );

  it('is for admins only', async () => {
    const { access_token: user } = await register(app);
    await expectProblem(call(app, 'GET', '/users?search=a', { token: user }), 403, 'forbidden');
    await expectProblem(call(app, 'GET', '/users?search=a'), 401, 'token_missing');
  });
});

describe('the sessions of a user, as admins see them', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    token = (await makeAdmin(app)).access_token;
  });
  afterAll(() => app.close());

  it('are listed, and ended all at once', async () => {
    const { user, session_id: sessionId, access_token: own } = await register(app);
    const path = `/users/${user.id}/sessions`;
    const { sessions } = await expectStatus(call(app, 'GET', path, { token }), 200);
    expect(sessions).toEqual([
      expect.objectContaining({ id: sessionId, client_id: 'pawl', current: false, user_agent: 'node' }),
    ]);
    await expectStatus(call(app, 'DELETE', path, { token }), 204);
    await expectProblem(call(app, 'GET', '/auth/me', { token: own }), 401, 'token_revoked');
    expect((await expectStatus(call(app, 'GET', path, { token }), 200)).sessions).toEqual([]);
    const { events } = await expectStatus(call(app, 'GET', `/admin/audit?subject=${user.id}&limit=1`, { token }), 200);
    expect(events[0]).toMatchObject({ event: 'user.signed_out_everywhere' });
  });

  it('are ended one by one, at once and on the record', async () => {
    const { user, session_id: sessionId, access_token: own } = await register(app);
    const other = await login(app, user.email);
    const path = `/users/${user.id}/sessions/${sessionId}`;
    await expectProblem(call(app, 'DELETE', path, { token: other.access_token }), 403, 'forbidden');
    await expectStatus(call(app, 'DELETE', path, { token }), 204);
    await expectProblem(call(app, 'GET', '/auth/me', { token: own }), 401, 'token_revoked');
    await expectStatus(call(app, 'GET', '/auth/me', { token: other.access_token }), 200);
    const { events } = await expectStatus(call(app, 'GET', `/admin/audit?subject=${user.id}&limit=1`, { token }), 200);
    expect(events[0]).toMatchObject({ event: 'session.revoked', session_id: sessionId, details: { reason: 'admin' } });
    expect(events[0].actor_user_id).not.toBe(user.id);
    await expectProblem(call(app, 'DELETE', path, { token }), 404, 'not_found');
    const { user: somebody } = await register(app);
    const foreign = `/users/${somebody.id}/sessions/${other.session_id}`;
    await expectProblem(call(app, 'DELETE', foreign, { token }), 404, 'not_found');
    await expectStatus(call(app, 'GET', '/auth/me', { token: other.access_token }), 200);
  });

  it('belong to nobody who does not exist, and are for admins only', async () => {
    const { user, access_token: own } = await register(app);
    for (const method of ['GET', 'DELETE']) {
      await expectProblem(call(app, method, `/users/${randomUUID()}/sessions`, { token }), 404, 'not_found');
      await expectProblem(call(app, method, `/users/${user.id}/sessions`, { token: own }), 403, 'forbidden');
    }
    await expectStatus(call(app, 'GET', '/auth/me', { token: own }), 200);
  });
});

describe('the status at a glance', () => {
  it('shows health, keys and waiting emails to admins only, and no secret', async () => {
    const app = await startApp();
    const { access_token: token } = await makeAdmin(app);
    const status = await expectStatus(call(app, 'GET', '/admin/status', { token }), 200);
    expect(status).toMatchObject({
      checks: { service: 'up', database: 'up', revocation_feed: 'up', limits: 'up' },
      mail: { waiting: expect.any(Number), due: expect.any(Number), oldest_seconds: expect.any(Number) },
    });
    const { keys } = await expectStatus(call(app, 'GET', '/.well-known/jwks.json'), 200);
    const shown = status.signing_keys as { kid: string; state: string }[];
    expect(shown.filter(({ state }) => state === 'current')).toHaveLength(1);
    expect(shown.map(({ kid }) => kid).sort()).toEqual((keys as { kid: string }[]).map(({ kid }) => kid).sort());
    expect(JSON.stringify(status)).not.toMatch(/sealed|private|"d"/i);
    const { access_token: user } = await register(app);
    await expectProblem(call(app, 'GET', '/admin/status', { token: user }), 403, 'forbidden');
    await app.close();
  });
});
