import { once } from 'node:events';
import { jest } from '@jest/globals';
import argon2 from 'argon2';
import { PasswordHasher } from '../../src/passwords/password-hasher.js';
import { logStatements, statementsDuring } from '../sessions/statement-log.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
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
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const registering = (body: unknown, on = app) => call(on, 'POST', '/auth/register', { body });
const loggingIn = (body: unknown, on = app) => call(on, 'POST', '/auth/login', { body });

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const instant = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);

function tokenResponse(user: Record<string, unknown>) {
  return {
    access_token: expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: 'Bearer',
    expires_in: 900,
    refresh_token: expect.stringMatching(/^pwl1_[\w-]{128}$/),
    session_id: uuid,
    user: { id: uuid, name: null, role: 'user', email_verified: false, created_at: instant, ...user },
  };
}

/** The answer but for what differs from one request to the next. */
function comparable({ status, headers, body }: Answer) {
  const { instance: _instance, ...rest } = body as Record<string, unknown>;
  const kept = [...headers].filter(([name]) => !['x-request-id', 'date'].includes(name));
  return { status, body: rest, headers: Object.fromEntries(kept) };
}

describe('register', () => {
  it('answers 201 with a token response, and the tokens work', async () => {
    const email = newEmail();
    const tokens = (await expectStatus(registering({ email, password: goodPassword, name: 'Ada' }), 201)) as Tokens;
    expect(tokens).toEqual(tokenResponse({ email, name: 'Ada' }));
    const me = await expectStatus(call(app, 'GET', '/auth/me', { token: tokens.access_token }), 200);
    expect(me).toEqual({ ...tokens.user, locale: null });
  });

  it('sets no cookie unless requested', async () => {
    const { headers } = await registering({ email: newEmail(), password: goodPassword });
    expect(headers.getSetCookie()).toEqual([]);
  });

  it('stores an email address trimmed and in lower case, and accepts it in any case', async () => {
    const email = newEmail();
    const tokens = await register(app, { email: `  ${email.toUpperCase()}\t` });
    expect(tokens.user.email).toBe(email);
    await login(app, email);
    await login(app, ` ${email.replace('user', 'USER')} `);
    await expectProblem(registering({ email: email.toUpperCase(), password: goodPassword }), 409, 'email_taken');
  });

  it.each([
    'plain',
    'a@',
    '@example.com',
    'a b@example.com',
    'a@example.com, b@example.com',
    'a@example.com\nBcc: b@example.com',
    'Ada <ada@example.com>',
    'a@exa mple.com',
    'a@-example.com',
    'a..b@example.com',
    '\u212Aelvin@example.com',
    `${'a'.repeat(243)}@example.com`,
  ])('refuses the email address %j', async (email) => {
    const { body } = await expectProblem(registering({ email, password: goodPassword }), 400, 'validation_failed');
    expect(body).toMatchObject({ errors: [{ path: 'email' }] });
  });

  it('accepts an email address of 254 characters', async () => {
    const label = 'x'.repeat(60);
    const email = `${newEmail().split('@')[0]}@${label}.${label}.${label}.`;
    await register(app, { email: email + 'y'.repeat(254 - email.length) });
  });

  it.each([
    ['an unknown key', { admin: true }],
    ['role', { role: 'admin' }],
    ['id', { id: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e' }],
    ['email_verified', { email_verified: true }],
    ['an unknown delivery', { delivery: 'pigeon' }],
    ['another client', { client_id: 'other' }],
    ['a client that is not text', { client_id: null }],
    ['an empty name', { name: '   ' }],
    ['a name of 201 characters', { name: 'x'.repeat(201) }],
    ['a name that is not text', { name: { first: 'Ada' } }],
    ['no email', { email: undefined }],
    ['a list of emails', { email: [newEmail()] }],
    ['no password', { password: undefined }],
    ['a password that is not text', { password: 12345678 }],
    ['a password in a list', { password: [goodPassword] }],
  ])('refuses %s', async (_, extra) => {
    const body = { email: newEmail(), password: goodPassword, ...extra };
    await expectProblem(registering(body), 400, 'validation_failed');
  });

  it('accepts the built-in client by its id', async () => {
    const tokens = await register(app, { client_id: 'pawl' });
    expect(tokens).toEqual(tokenResponse({ email: tokens.user.email }));
  });

  it('of one address in parallel: one 201, the rest 409, one row', async () => {
    const email = newEmail();
    const responses = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        registering({ email: i % 2 ? email : email.toUpperCase(), password: goodPassword }),
      ),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    for (const response of responses) if (response.status === 409) await expectProblem(response, 409, 'email_taken');
    const rows = await app.db.query('SELECT id FROM users WHERE email = $1', [email]);
    expect(rows).toHaveLength(1);
    const sessions = await app.db.query('SELECT id FROM sessions WHERE user_id = $1', [rows[0]!.id]);
    expect(sessions).toHaveLength(1);
  });

  it('does not overwrite the password of the first registration', async () => {
    const { user } = await register(app);
    await expectProblem(registering({ email: user.email, password: 'another password' }), 409, 'email_taken');
    await login(app, user.email);
    await expectProblem(loggingIn({ email: user.email, password: 'another password' }), 401, 'invalid_credentials');
  });

  it('is 403 registration_closed with REGISTRATION=closed, also for a known address; login still works', async () => {
    const database = await createDatabaseForTest();
    const open = await startAppForTest({ database });
    const { user } = await register(open);
    const closed = await startAppForTest({ database, env: { REGISTRATION: 'closed' } });
    await expectProblem(registering({ email: newEmail(), password: goodPassword }, closed), 403, 'registration_closed');
    await expectProblem(registering({ email: user.email, password: goodPassword }, closed), 403, 'registration_closed');
    await login(closed, user.email);
  });
});

describe('login', () => {
  it('answers 200 with a token response of a new session', async () => {
    const registered = await register(app);
    const signedIn = await login(app, registered.user.email);
    expect(signedIn).toEqual({ ...tokenResponse({ email: registered.user.email }), user: registered.user });
    expect(signedIn.session_id).not.toBe(registered.session_id);
    await expectStatus(call(app, 'GET', '/auth/me', { token: registered.access_token }), 200);
  });

  it('answers an unknown address and a wrong password in the same way', async () => {
    const { user } = await register(app);
    const unknown = await expectProblem(
      loggingIn({ email: newEmail(), password: goodPassword }),
      401,
      'invalid_credentials',
    );
    const wrong = await expectProblem(
      loggingIn({ email: user.email, password: 'wrong password' }),
      401,
      'invalid_credentials',
    );
    expect(comparable(wrong)).toEqual(comparable(unknown));
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer realm="pawl"');
  });

  it('computes one hash for an unknown address too, at the cost of a known one', async () => {
    const { user } = await register(app);
    const hashing = jest.spyOn(argon2, 'verify');
    try {
      for (const email of [newEmail(), user.email]) {
        await expectProblem(loggingIn({ email, password: 'wrong password' }), 401, 'invalid_credentials');
      }
      // "$argon2id$v=19$m=1024,t=1,p=1", without salt and hash
      const [unknown, known, ...others] = hashing.mock.calls.map(([phc]) => phc.split('$').slice(0, 4).join('$'));
      expect(unknown).toBe(known);
      expect(others).toEqual([]);
    } finally {
      hashing.mockRestore();
    }
  });

  it('reveals that an account is disabled only if the password is right, and starts no session', async () => {
    const { user } = await register(app);
    await app.db.query('UPDATE users SET disabled = true WHERE id = $1', [user.id]);
    await expectProblem(loggingIn({ email: user.email, password: goodPassword }), 403, 'account_disabled');
    const wrong = await loggingIn({ email: user.email, password: 'wrong password' });
    const unknown = await loggingIn({ email: newEmail(), password: 'wrong password' });
    expect(comparable(wrong)).toEqual(comparable(unknown));
    const [row] = await app.db.query<{ count: string }>('SELECT count(*) FROM sessions WHERE user_id = $1', [user.id]);
    expect(row!.count).toBe('1');
  });

  it.each([
    ['an unknown key', { remember: true }],
    ['another client', { client_id: 'other' }],
    ['an unknown delivery', { delivery: 'Cookie' }],
    ['no password', { password: undefined }],
    ['a malformed address', { email: 'nobody' }],
    ['an address that is an object', { email: { contains: '@' } }],
  ])('refuses %s', async (_, extra) => {
    await expectProblem(loggingIn({ email: newEmail(), password: goodPassword, ...extra }), 400, 'validation_failed');
  });

  it.each([
    ['an empty password', ''],
    ['a short one', 'a'],
    ['one of 60 KB', 'x'.repeat(60_000)],
    ['60 KB of combining marks', '\u0301\u0323'.repeat(15_000)],
  ])('demands no policy of a password: %s is simply wrong', async (_, password) => {
    const { user } = await register(app);
    await expectProblem(loggingIn({ email: user.email, password }), 401, 'invalid_credentials');
    await expectProblem(loggingIn({ email: newEmail(), password }), 401, 'invalid_credentials');
  });

  it('records when the user last signed in', async () => {
    const admin = await makeAdmin(app);
    const { user } = await register(app);
    app.clock.advanceSeconds(3600);
    try {
      const before = app.clock.nowMs();
      await login(app, user.email);
      const fresh = await login(app, admin.user.email);
      const seen = await expectStatus(call(app, 'GET', `/users/${user.id}`, { token: fresh.access_token }), 200);
      const { last_sign_in_at } = seen as { last_sign_in_at: string };
      expect(Date.parse(last_sign_in_at)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(last_sign_in_at)).toBeLessThanOrEqual(app.clock.nowMs());
    } finally {
      app.clock.advanceSeconds(-3600);
    }
  });
});

describe('a new password', () => {
  /** A grinning face is one code point and two UTF-16 units. */
  const face = '\u{1F600}';
  /** Different ones: the same one over and over is too weak. */
  const faces = (count: number) =>
    Array.from({ length: count }, (_, i) => String.fromCodePoint(0x1f600 + ((i * 7) % 64))).join('');
  const phrase = (length: number) => 'correct horse battery staple, '.repeat(10).slice(0, length);
  const outcome = async (password: string) => (await registering({ email: newEmail(), password })).status;

  it.each([
    ['7 characters', 'abcdefg', 400],
    ['8 characters', 'xkqvbzmw', 201],
    ['7 emoji, which are 14 UTF-16 units', face.repeat(7), 400],
    ['8 emoji', faces(8), 201],
    ['spaces and letters, 8 characters', 'a  b  c ', 201],
    ['256 characters', phrase(256), 201],
    ['257 characters', phrase(257), 400],
    ['256 emoji', faces(256), 201],
    ['257 emoji', faces(257), 400],
    ['4 ligatures that NFKC makes 8 characters', '\uFB00\uFB01\uFB02\uFB01', 201],
    ['3 ligatures that NFKC makes 6 characters', '\uFB01'.repeat(3), 400],
    [
      '8 letters with 8 marks, 8 characters after NFKC',
      'e\u0301u\u0301o\u0301y\u0301a\u0301z\u0301n\u0301c\u0301',
      201,
    ],
    ['7 letters with 7 marks, 7 characters after NFKC', 'e\u0301'.repeat(7), 400],
    ['256 letters with marks, 256 characters after NFKC', phrase(256).replaceAll('e', 'e\u0301'), 201],
  ])('of %s', async (_, password, status) => {
    expect(await outcome(password)).toBe(status);
  });

  it('that is refused is reported at its path and not quoted', async () => {
    const { body } = await expectProblem(
      registering({ email: newEmail(), password: 'hunter2' }),
      400,
      'validation_failed',
    );
    expect(body).toMatchObject({ errors: [{ path: 'password', message: 'This must have at least 8 characters.' }] });
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  it('keeps its spaces and its case', async () => {
    const { user } = await register(app, { password: ' Otter River 1 ' });
    await login(app, user.email, ' Otter River 1 ');
    for (const password of ['Otter River 1', ' otter river 1 ', ' Otter River 1']) {
      await expectProblem(loggingIn({ email: user.email, password }), 401, 'invalid_credentials');
    }
  });

  it('is the same password in every form that NFKC normalises to it', async () => {
    const { user } = await register(app, { password: 'Ångström\uFB01nal' });
    for (const password of [
      'Ångström\uFB01nal',
      'A\u030Angstro\u0308mfinal',
      '\u212Bngstr\u00F6mfinal',
      'Ångström\uFF46inal',
    ]) {
      await login(app, user.email, password);
    }
  });

  it('is never truncated: the 256th character counts', async () => {
    const { user } = await register(app, { password: phrase(255) + 'a' });
    await expectProblem(loggingIn({ email: user.email, password: phrase(255) + 'b' }), 401, 'invalid_credentials');
    await expectProblem(loggingIn({ email: user.email, password: phrase(255) }), 401, 'invalid_credentials');
    await login(app, user.email, phrase(255) + 'a');
  });

  it('must be longer with PASSWORD_MIN_LENGTH; users who registered before can still sign in', async () => {
    const database = await createDatabaseForTest();
    const first = await startAppForTest({ database });
    const { user } = await register(first, { password: 'ei8htotr' });
    const strict = await startAppForTest({ database, env: { PASSWORD_MIN_LENGTH: '12' } });
    await expectProblem(registering({ email: newEmail(), password: 'elevenotter' }, strict), 400, 'validation_failed');
    await register(strict, { password: 'twelve otter' });
    await login(strict, user.email, 'ei8htotr');
  });

  it('is stored as an argon2id hash and nothing else', async () => {
    const { user } = await register(app);
    const [row] = await app.db.query<{ text: string; password_hash: string }>(
      'SELECT users::text AS text, password_hash FROM users WHERE id = $1',
      [user.id],
    );
    expect(row!.password_hash).toMatch(/^\$argon2id\$v=19\$m=1024,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(row!.text).not.toContain(goodPassword);
  });
});

describe('the cost of a hash', () => {
  const hashOf = async (on: TestApp, id: string) =>
    (await on.db.query<{ password_hash: string }>('SELECT password_hash FROM users WHERE id = $1', [id]))[0]!
      .password_hash;

  it('that was changed is applied at the next sign-in with the right password, once', async () => {
    const database = await createDatabaseForTest();
    const before = await startAppForTest({ database });
    const { user } = await register(before);
    const old = await hashOf(before, user.id);
    await before.close();

    const after = await startAppForTest({ database, env: { ARGON2_MEMORY_KIB: '2048', ARGON2_PASSES: '2' } });
    await expectProblem(
      loggingIn({ email: user.email, password: 'wrong password' }, after),
      401,
      'invalid_credentials',
    );
    expect(await hashOf(after, user.id)).toBe(old);

    const tokens = await login(after, user.email);
    const renewed = await hashOf(after, user.id);
    expect(renewed).toMatch(/^\$argon2id\$v=19\$m=2048,t=2,p=1\$/);
    await expectStatus(call(after, 'GET', '/auth/me', { token: tokens.access_token }), 200);

    await login(after, user.email);
    expect(await hashOf(after, user.id)).toBe(renewed);
  });

  it('two concurrent sign-ins that both renew the hash: neither is refused', async () => {
    const database = await createDatabaseForTest();
    const before = await startAppForTest({ database });
    const { user } = await register(before);
    await before.close();
    const after = await startAppForTest({ database, env: { ARGON2_PASSES: '2', PASSWORD_CONCURRENCY: '4' } });
    const responses = await Promise.all(
      Array.from({ length: 4 }, () => loggingIn({ email: user.email, password: goodPassword }, after)),
    );
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

describe('more concurrent sign-ins than can be hashed', () => {
  it('some are 503 overloaded with Retry-After, the rest are served, and protected requests keep working', async () => {
    const busy = await startAppForTest({ env: { PASSWORD_CONCURRENCY: '1', ARGON2_MEMORY_KIB: '8192' } });
    const { user, access_token: token } = await register(busy);
    const storm = Array.from({ length: 120 }, () => loggingIn({ email: user.email, password: goodPassword }, busy));
    const protectedAnswers = [];
    for (let i = 0; i < 30; i++) protectedAnswers.push(await call(busy, 'GET', '/notes', { token }));
    const responses = await Promise.all(storm);
    const served = responses.filter(({ status }) => status === 200);
    const refused = responses.filter(({ status }) => status !== 200);
    expect(served.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const response of refused) {
      const { headers } = await expectProblem(response, 503, 'overloaded');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(new Set(protectedAnswers.map(({ status }) => status))).toEqual(new Set([200]));
    await login(busy, user.email);
  });

  it('a full queue refuses sign-ins and registrations before they read an account (attack: a storm that occupies the database)', async () => {
    const db = await createDatabaseForTest();
    await logStatements(db);
    const busy = await startAppForTest({ database: db, env: { PASSWORD_CONCURRENCY: '1' } });
    const { user } = await register(busy);
    const { queue } = busy.nest.get(PasswordHasher, { strict: false });
    const full = new AbortController();
    const ended = once(full.signal, 'abort');
    const entries = Array.from({ length: 129 }, (_, i) => queue.run({ address: `caller ${i}` }, () => ended));
    const statements = await statementsDuring(db, async () => {
      await expectProblem(loggingIn({ email: user.email, password: goodPassword }, busy), 503, 'overloaded');
      await expectProblem(loggingIn({ email: newEmail(), password: goodPassword }, busy), 503, 'overloaded');
      await expectProblem(registering({ email: newEmail(), password: goodPassword }, busy), 503, 'overloaded');
    });
    full.abort();
    await Promise.all(entries);
    expect(statements.filter((statement) => /\busers\b/.test(statement))).toEqual([]);
    await login(busy, user.email);
  });
});
