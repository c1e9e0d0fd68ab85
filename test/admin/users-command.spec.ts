import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bcrypt from 'bcrypt';
import type { Finished } from '../keys/command.js';
import { runPawl, runPawlProcess } from '../keys/command.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { createTestDatabase } from '../support/database.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  newEmail,
  refresh,
  register,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ env: { ROLES: 'editor' } });
});
afterAll(() => app.close());

const cheap = { ARGON2_MEMORY_KIB: '1024', ARGON2_PASSES: '1', ROLES: 'editor' };

function usersOn(databaseUrl: string, args: string[], input = ''): Promise<Finished> {
  const env = { DATABASE_URL: databaseUrl, ...cheap };
  return runPawl(['users', ...args], { env, input, folder: tmpdir() });
}
const users = (args: string[], input?: string) => usersOn(app.db.url, args, input);
const me = (token: string) => call(app, 'GET', '/auth/me', { token });
const lastAudit = async (event: string) =>
  (await app.db.query('SELECT * FROM audit_events WHERE event = $1 ORDER BY id DESC LIMIT 1', [event]))[0];

describe('npm run users', () => {
  it('create takes the password from standard input, under the rules for every new one', async () => {
    const email = newEmail();
    const created = await users(
      ['create', email, '--role', 'editor', '--name', 'Ada', '--verified'],
      `${goodPassword}\n`,
    );
    expect({ code: created.code, errors: created.errors }).toEqual({ code: 0, errors: '' });
    expect(created.out).toMatch(new RegExp(`${email} +editor +verified`));
    const { user } = await login(app, email);
    expect(user).toMatchObject({ email, role: 'editor', name: 'Ada', email_verified: true });
    expect(await lastAudit('user.created')).toMatchObject({
      subject_user_id: user.id,
      actor_user_id: null,
      details: { role: 'editor', by: 'operator' },
    });

    expect(await users(['create', email], goodPassword)).toMatchObject({ code: 1, out: '' });
    const weak = await users(['create', newEmail()], 'password');
    expect({ code: weak.code, lines: weak.errors.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(weak.errors).toMatch(/^The password /);
    expect((await users(['create', 'nobody'], goodPassword)).errors).toBe('This is not an email address.\n');
  });

  it('list shows users, newest first, by address or id, and no hash', async () => {
    const { user } = await register(app);
    const { code, out } = await users(['list', '--limit', '1']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ID +EMAIL +ROLE +STATE +CREATED +LAST SIGN-IN\n/);
    expect(out).toContain(`${user.id}  ${user.email}  user  unverified  `);
    expect(out).toContain('There are more');
    for (const name of [user.email.toUpperCase(), user.id.toUpperCase()]) {
      expect((await users(['list', name])).out).toContain(user.id);
    }
    expect((await users(['list'])).out).not.toMatch(/argon2/);
  });

  it('role refuses the tokens that carry the old one, in the running service', async () => {
    const { access_token: token, user } = await register(app);
    await expectStatus(me(token), 200);
    expect((await users(['role', user.email, 'editor'])).code).toBe(0);
    await until(async () => (await me(token)).body.code === 'token_revoked');
    expect((await login(app, user.email)).user.role).toBe('editor');
    expect((await users(['role', user.email, 'emperor'])).errors).toBe(
      'The role must be one of user, admin, editor.\n',
    );
  });

  it('disable ends what the user has in the running service; enable lets them sign in again', async () => {
    const { access_token: token, refresh_token, user } = await register(app);
    expect((await users(['disable', user.id])).out).toContain('disabled');
    await until(async () => (await me(token)).body.code === 'token_revoked');
    await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    const body = { email: user.email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body }), 403, 'account_disabled');
    expect((await users(['enable', user.id])).code).toBe(0);
    await login(app, user.email);
  });

  it('sign-out ends every session of the user in the running service, and nothing else', async () => {
    const { access_token: token, refresh_token, user } = await register(app);
    const { out } = await users(['sign-out', user.email]);
    expect(out).toBe(`${user.email} is signed out everywhere.\n`);
    await until(async () => (await me(token)).body.code === 'token_revoked');
    await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    await expectStatus(me((await login(app, user.email)).access_token), 200);
    expect(await lastAudit('user.signed_out_everywhere')).toMatchObject({
      subject_user_id: user.id,
      details: { by: 'operator' },
    });
  });

  it('password sets a password under the rules for every new one, and ends every session', async () => {
    const { access_token: token, refresh_token, user } = await register(app);
    const password = 'another horse battery 47';
    expect((await users(['password', user.email], 'password')).errors).toMatch(/^The password /);
    expect(await users(['password', user.email], `${password}\n`)).toMatchObject({ code: 0, errors: '' });
    await until(async () => (await me(token)).body.code === 'token_revoked');
    await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    const signIn = (given: string) =>
      call(app, 'POST', '/auth/login', { body: { email: user.email, password: given } });
    await expectProblem(signIn(goodPassword), 401, 'invalid_credentials');
    expect((await login(app, user.email, password)).user).toMatchObject({ email_verified: false });
    expect(await lastAudit('user.password_reset')).toMatchObject({
      subject_user_id: user.id,
      details: { by: 'operator' },
    });
  });

  it('reset-link prints a link that sets a new password once', async () => {
    const { user } = await register(app);
    const { code, out } = await users(['reset-link', user.email]);
    expect(code).toBe(0);
    const [, token] = /^http:\/\/localhost:3000\/account\/reset-password#token=([\w-]{43})\n/.exec(out) ?? [];
    expect(await lastAudit('user.reset_link_created')).toMatchObject({ subject_user_id: user.id });
    const body = { token, password: 'another horse battery 47' };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
    await login(app, user.email, body.password);
    await expectProblem(call(app, 'POST', '/auth/password/reset', { body }), 400, 'one_time_token_invalid');
    await users(['disable', user.email]);
    expect(await users(['reset-link', user.email])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/ is disabled: /),
    });
  });

  it('verify marks the address as proven, and audits it once', async () => {
    const { user } = await register(app);
    for (let i = 0; i < 2; i++) expect((await users(['verify', user.email])).out).toContain(' verified ');
    const events = await app.db.query('SELECT details FROM audit_events WHERE event = $1 AND subject_user_id = $2', [
      'user.email_verified',
      user.id,
    ]);
    expect(events).toEqual([{ details: { by: 'operator' } }]);
  });

  it('delete asks for --yes, and then deletes the user', async () => {
    const { access_token: token, user } = await register(app);
    expect(await users(['delete', user.email])).toMatchObject({ code: 1, errors: expect.stringMatching(/ --yes /) });
    expect(await users(['delete', user.email, '--yes'])).toMatchObject({ code: 0, out: `${user.email} is deleted.\n` });
    await until(async () => (await me(token)).status === 401);
    expect((await users(['list', user.email])).code).toBe(1);
  });

  it('--json prints a user as the admin’s HTTP API shows it', async () => {
    const { user } = await register(app);
    const listed = JSON.parse((await users(['list', '--limit', '1', '--json'])).out) as object;
    expect(listed).toMatchObject({ users: [{ id: user.id, email: user.email, disabled: false }], more: true });
    for (const args of [
      ['list'],
      ['role', user.id, 'editor'],
      ['disable', user.id],
      ['enable', user.id],
      ['verify', user.id],
    ]) {
      const [command, ...rest] = args as [string, ...string[]];
      const name = command === 'list' ? [user.id] : [];
      const { out } = await users([command, ...rest, ...name, '--json']);
      expect(JSON.parse(out)).toMatchObject({ id: user.id });
    }
    const imported = await users(['import', '--json'], `${JSON.stringify({ email: newEmail() })}\n`);
    expect(JSON.parse(imported.out)).toEqual({ lines: 1, imported: 1, present: 0, bad: 0 });
  });

  it('ends without a stack when its reader has gone', async () => {
    const env = { DATABASE_URL: app.db.url };
    const { errors } = await runPawlProcess(['users', 'export'], { env, closeOutput: true });
    expect(errors).not.toMatch(/EPIPE|\n +at /);
  });

  it('never takes the last admin away', async () => {
    const own = await startAppForTest();
    const { user } = await register(own);
    await usersOn(own.db.url, ['role', user.email, 'admin']);
    for (const args of [
      ['role', user.email, 'user'],
      ['disable', user.email],
    ]) {
      const errors = expect.stringMatching(/^This is the last enabled admin\. .+\n$/);
      expect(await usersOn(own.db.url, args)).toMatchObject({ code: 1, errors });
    }
    expect((await login(own, user.email)).user.role).toBe('admin');
  });

  it.each([
    [[]],
    [['list', 'a@example.com', 'b@example.com']],
    [['role', 'a@example.com']],
    [['create', 'a@example.com', goodPassword]],
    [['create', 'a@example.com', '--password', goodPassword]],
    [['list', '-x', '--nonsense']],
    [['remove', 'a@example.com']],
  ])('%j shows what is wrong and how it is used, and does not repeat what was typed', async (args) => {
    const { code, out, errors } = await users(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(errors).toMatch(/^Usage: pawl users /m);
    expect(errors).not.toContain(goodPassword);
  });

  it('says in a sentence what is wrong', async () => {
    for (const name of ['nobody@example.com', '-n@example.com', 'nobody', '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e']) {
      expect(await users(['disable', name])).toMatchObject({
        code: 1,
        errors: expect.stringMatching(/^There is no such user: .*\n$/),
      });
    }
    expect((await users(['import', 'no-such-file'])).errors).toBe('no-such-file cannot be read: ENOENT.\n');
    expect((await users(['list', '--limit', '0'])).errors).toMatch(/^--limit must be /);
  });

  it('runs as a process of its own; standard output has the export alone', async () => {
    const env = { DATABASE_URL: app.db.url };
    const { code, out, errors } = await runPawlProcess(['users', 'export'], { env });
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(errors).toBe(`${lines.length} users.\n`);
    for (const line of lines) expect(JSON.parse(line)).not.toHaveProperty('password_hash');
  });
});

describe('npm run users -- import', () => {
  const ndjson = (...lines: (object | string)[]) =>
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  const hashOf = async (email: string) =>
    (await app.db.query<{ password_hash: string }>('SELECT password_hash FROM users WHERE email = $1', [email]))[0]!
      .password_hash;
  const signIn = (email: string, password: string) => call(app, 'POST', '/auth/login', { body: { email, password } });

  it('takes over accounts with their hashes, which become ours at the first sign-in', async () => {
    const email = newEmail();
    const id = '7d9f1c52-8a3b-4e6d-9c21-0f5e4d3c2b1a';
    const hash = (await bcrypt.hash(goodPassword, 4)).replace('$2b$', '$2y$');
    const line = {
      email: email.toUpperCase(),
      password_hash: hash,
      id,
      name: 'Ada',
      role: 'editor',
      email_verified: true,
      created_at: '2020-02-29T12:00:00+01:00',
    };
    const { code, out, errors } = await users(['import'], ndjson(line));
    expect({ code, out, errors }).toEqual({
      code: 0,
      out: '',
      errors: '1 lines: 1 imported, 0 there already, 0 bad\n',
    });
    expect(await lastAudit('user.imported')).toMatchObject({ details: { count: 1, by: 'operator' } });

    await expectProblem(signIn(email, 'a wrong password'), 401, 'invalid_credentials');
    expect(await hashOf(email)).toContain(hash);
    const { user } = await login(app, email);
    expect(user).toMatchObject({ id, name: 'Ada', role: 'editor', created_at: '2020-02-29T11:00:00.000Z' });
    expect(await hashOf(email)).toMatch(/^\$argon2id\$/);
    await login(app, email);
    await expectProblem(signIn(email, 'a wrong password'), 401, 'invalid_credentials');
  });

  it('checks a foreign hash against the password as it is typed, then against its NFKC form', async () => {
    const typed = 'ｆｕｌｌｗｉｄｔｈ ﬁne';
    const normalised = typed.normalize('NFKC');
    expect(normalised).not.toBe(typed);
    const salt = randomBytes(16);
    const hash = (password: string) => {
      const parts = [salt, pbkdf2Sync(password, salt, 10, 32, 'sha256')];
      return `$pbkdf2-sha256$i=10$${parts.map((part) => part.toString('base64').replace(/=+$/, '')).join('$')}`;
    };
    const [asTyped, asNormalised] = [newEmail(), newEmail()];
    const lines = ndjson(
      { email: asTyped, password_hash: hash(typed) },
      { email: asNormalised, password_hash: hash(normalised) },
    );
    expect((await users(['import'], lines)).code).toBe(0);
    await expectProblem(signIn(asTyped, normalised), 401, 'invalid_credentials');
    for (const email of [asTyped, asNormalised]) {
      await login(app, email, typed);
      // From then on it is one of ours: every spelling is the same password.
      await login(app, email, normalised);
    }
  });

  it('an account without a hash cannot be signed in to, by any password', async () => {
    const email = newEmail();
    await users(['import'], ndjson({ email }));
    for (const password of ['!', '', 'null', goodPassword]) {
      const { status, body } = await signIn(email, password);
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'invalid_credentials' });
    }
  });

  it('reports each bad line by its number, quotes nothing of it, and takes every good one', async () => {
    const good = Array.from({ length: 4 }, newEmail) as [string, string, string, string];
    const { user: other } = await register(app);
    const hash = await bcrypt.hash('hunter2', 4);
    const input = ndjson(
      { email: good[0], password_hash: hash },
      'not JSON with $2b$secret',
      { email: 'nobody', password_hash: hash },
      { email: newEmail(), password_hash: '$2b$31$' + 'a'.repeat(53) },
      { email: newEmail(), password_hash: 'md5:secret' },
      '',
      { email: good[1], password_hash: hash },
      { email: newEmail(), role: 'emperor' },
      { email: newEmail(), name: 'a\u0000b' },
      { email: newEmail(), name: '\ud800' },
      { email: newEmail(), passwordHash: hash },
      { email: newEmail(), id: other.id },
      { email: newEmail(), created_at: 'yesterday' },
      { email: newEmail(), name: 'x'.repeat(70_000) },
      '[]',
      { email: good[2], password_hash: hash },
      { email: other.email, password_hash: hash },
      { email: newEmail(), created_at: '0000-01-01T00:00:00Z' },
    );
    const { code, out, errors } = await users(['import'], input + JSON.stringify({ email: good[3] }));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const bad = [...errors.matchAll(/^line (\d+): (.+)$/gm)].map(([, line]) => Number(line));
    expect(bad.sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 18]);
    expect(errors).toMatch(/\n19 lines: 4 imported, 1 there already, 13 bad\n$/);
    expect(errors).not.toMatch(/secret|\$2b|a{20}|x{20}/);
    for (const email of good) expect(await hashOf(email)).toBeTruthy();
    await login(app, good[2], 'hunter2');
    await login(app, other.email); // existing accounts stay
  });

  it('prints neither control characters nor keys of a hostile line', async () => {
    const hash = await bcrypt.hash('hunter2', 4);
    const input = ndjson(
      { email: newEmail(), [hash]: true },
      { email: newEmail(), '\u001b[2J\u009b31m\u202e': true },
      { email: newEmail(), d41d8cd98f00b204e9800998ecf8427e: true },
      { email: newEmail(), passwordHash: hash },
    );
    const { code, errors } = await users(['import'], input);
    expect(code).toBe(1);
    expect(errors).not.toMatch(/[^\P{C}\n]/u);
    expect(errors).not.toMatch(/\$2b|d41d8/);
    expect(errors).toMatch(/^line 1: a key is unknown: the keys are email, password_hash, /);
    expect(errors).toMatch(/^line 4: a key must be spelt password_hash$/m);
  });

  it('reads equivalent spellings: a byte order mark, CRLF, an empty name, PostgreSQL’s instants', async () => {
    const email = newEmail();
    const line = { email: ` ${email} `, name: '', password_hash: '', created_at: '2020-02-29 12:00:00.5+01' };
    const { code, errors } = await users(['import'], `\uFEFF${JSON.stringify(line)}\r\n`);
    expect({ code, errors }).toEqual({ code: 0, errors: '1 lines: 1 imported, 0 there already, 0 bad\n' });
    const [row] = await app.db.query('SELECT name, created_at FROM users WHERE email = $1', [email]);
    expect(row).toEqual({ name: null, created_at: new Date('2020-02-29T11:00:00.5Z') });
  });

  it.each([
    ['nulls', { id: null, role: null, email_verified: null, disabled: null, created_at: null, last_sign_in_at: null }],
    ['empty texts', { id: '', role: ' ', email_verified: '', disabled: '', created_at: '', last_sign_in_at: '' }],
    ['flags as text', { email_verified: 'False', disabled: 'f' }],
    ['flags as numbers', { email_verified: 0, disabled: '0' }],
  ])('takes %s in optional fields for what they mean', async (_, fields) => {
    const email = newEmail();
    const { code, errors } = await users(['import'], ndjson({ email, ...fields }));
    expect({ code, errors }).toEqual({ code: 0, errors: '1 lines: 1 imported, 0 there already, 0 bad\n' });
    const [row] = await app.db.query(
      'SELECT role, email_verified, disabled, last_sign_in_at FROM users WHERE email = $1',
      [email],
    );
    expect(row).toEqual({ role: 'user', email_verified: false, disabled: false, last_sign_in_at: null });
  });

  it.each([
    '2020-02-29 11:00:00 UTC',
    '2020-02-29T11:00:00+0000',
    '2020-02-29t11:00:00z',
    '2020-02-29 16:30:00.000+05:30',
    '2020-02-29T08:00:00-03',
  ])('reads an instant as other systems write it: %s', async (created_at) => {
    const email = newEmail();
    expect((await users(['import'], ndjson({ email, created_at, email_verified: 't' }))).code).toBe(0);
    const [row] = await app.db.query('SELECT created_at, email_verified FROM users WHERE email = $1', [email]);
    expect(row).toEqual({ created_at: new Date('2020-02-29T11:00:00Z'), email_verified: true });
  });

  it('says in a sentence what is wrong with a field', async () => {
    const email = newEmail();
    const bad = [
      { id: 'x' },
      { name: 'x'.repeat(201) },
      { disabled: 'maybe' },
      { created_at: '2020-02-29 12:00:00' },
      { password_hash: 7 },
    ];
    const { errors } = await users(['import'], ndjson(...bad.map((fields) => ({ email, ...fields })), '[]'));
    expect(errors.split('\n').slice(0, 6)).toEqual([
      'line 1: id: must be a UUID',
      'line 2: name: must have at most 200 characters',
      'line 3: disabled: must be true or false',
      'line 4: created_at: must be an instant such as 2026-11-21T09:30:00Z',
      'line 5: password_hash: must be text',
      'line 6: must be an object such as {"email": "ada@example.com"}',
    ]);
  });

  it('--check tries one password and imports nothing', async () => {
    const email = newEmail();
    const hash = await bcrypt.hash(goodPassword, 4);
    const folder = await mkdtemp(join(tmpdir(), 'pawl-users-'));
    const file = join(folder, 'users.ndjson');
    await writeFile(
      file,
      ndjson('not JSON', { email, password_hash: `{bcrypt}${hash}` }, { email: newEmail(), password_hash: 'x' }),
    );
    const check = (address: string, password: string) => users(['import', file, '--check', address], `${password}\n`);
    expect(await check(email.toUpperCase(), goodPassword)).toMatchObject({
      code: 0,
      out: 'The password matches line 2.\n',
    });
    expect(await check(email, 'a wrong password')).toMatchObject({
      code: 1,
      out: 'The password does not match line 2.\n',
    });
    expect(await users(['import', file, '--check', email, '--json'], goodPassword)).toMatchObject({
      code: 0,
      out: '{"matches":true,"line":2}\n',
    });
    expect(await check(newEmail(), goodPassword)).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^No line of /),
    });
    await rm(folder, { recursive: true });
    expect(await app.db.query('SELECT 1 FROM users WHERE email = $1', [email])).toEqual([]);
    expect(await users(['import', '--check', email], goodPassword)).toMatchObject({ code: 2 });
  });

  it('takes names that would move the cursor of a terminal, which no command prints', async () => {
    const email = newEmail();
    const name = 'Ada \u001b[2J\u009b31m\u202e\u2028x';
    expect((await users(['import'], ndjson({ email, name }))).code).toBe(0);
    for (const args of [
      ['list', email],
      ['list', email, '--json'],
      ['export', '--json'],
      ['verify', email, '--json'],
    ]) {
      const { code, out, errors } = await users(args);
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(out + errors).not.toMatch(/[\p{Zl}\p{Zp}]|[^\P{C}\n]/u);
    }
    expect(JSON.parse((await users(['list', email, '--json'])).out)).toMatchObject({ name });
  });

  it('is run again after it was broken off: what is there stays, the rest follows', async () => {
    const emails = Array.from({ length: 2500 }, newEmail);
    const lines = emails.map((email) => JSON.stringify({ email }));
    const cut = `${lines.slice(0, 1700).join('\n')}\n${lines[1700]!.slice(0, 20)}`;
    const first = await users(['import'], cut);
    expect(first.errors).toMatch(/^line 1701: not JSON\n1701 lines: 1700 imported, /);
    const twice = [...lines, lines[0]!, lines[2499]!].join('\n');
    expect((await users(['import'], twice)).errors).toBe(
      `line 2501: has the email address of line 1 too
line 2502: has the email address of line 2500 too
2502 lines: 800 imported, 1702 there already, 0 bad
`,
    );
    const [row] = await app.db.query<{ count: string }>('SELECT count(*) FROM users WHERE email = ANY($1)', [emails]);
    expect(Number(row!.count)).toBe(2500);
  });

  it('reads what export writes: users, hashes and ids come back the same', async () => {
    const email = newEmail();
    await users(['import'], ndjson({ email, password_hash: await bcrypt.hash(goodPassword, 4), disabled: true }));
    const { user } = await register(app);
    const exported = await users(['export', '--with-password-hashes']);
    expect(await lastAudit('user.exported')).toMatchObject({ details: { hashes: true, by: 'operator' } });

    const database = await createTestDatabase();
    try {
      const folder = await mkdtemp(join(tmpdir(), 'pawl-users-'));
      const file = join(folder, 'users.ndjson');
      await writeFile(file, exported.out);
      const imported = await usersOn(database.url, ['import', file]);
      await rm(folder, { recursive: true });
      expect(imported).toMatchObject({ code: 0, errors: expect.stringMatching(/, 0 there already, 0 bad\n$/) });
      expect((await usersOn(database.url, ['export', '--with-password-hashes'])).out).toBe(exported.out);
      const other = await startAppForTest({ database });
      expect((await login(other, user.email)).user.id).toBe(user.id);
      const body = { email, password: goodPassword };
      await expectProblem(call(other, 'POST', '/auth/login', { body }), 403, 'account_disabled');
      await other.close();
    } finally {
      await database.drop();
    }
  });
});
