import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Answer, CallOptions, Tokens } from '../support/http.js';
import { call, newEmail } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import type { RawRequest } from '../support/raw-http.js';
import { rawCall } from '../support/raw-http.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

interface Line {
  level: number;
  time: number;
  req_id?: string;
  method?: string;
  route?: string;
  status?: number;
  ms?: number;
  user_id?: string;
  [field: string]: unknown;
}

const password = 'Pa55phrase-that-no-log-may-hold';
const wrongPassword = 'Wr0ng-phrase-that-no-log-may-hold';

let database: TestDatabase;
let proxy: TcpProxy;
let app: TestApp;
const log = recordingDestination();
/** Everything that the log must not hold. */
const secrets = new Map<string, string>([
  ['the password', password],
  ['the beginning of the password, as an error might quote it', password.slice(0, 6)],
  ['a wrong password', wrongPassword],
]);
/** Every request of the story, with what its line should say. */
const logged: { name: string; id: string; method: string; route: string; status: number; userId?: string }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
  app = await startApp({
    database: { ...database, url: proxy.url },
    env: {
      LOG_LEVEL: 'trace',
      ADMIN_EMAIL: 'first-admin@example.com',
      ADMIN_PASSWORD: 'Adm1n-phrase-that-no-log-may-hold',
    },
    logDestination: log,
  });
  secrets.set('the password of the first admin', 'Adm1n-phrase-that-no-log-may-hold');
  await story();
});
afterAll(async () => {
  await app.close();
  await proxy.close();
  await database.drop();
});

function keepSecretsOf({ headers, body }: Answer, name: string): void {
  const { access_token: access, refresh_token: refresh } = (typeof body === 'object' ? body : {}) as Partial<Tokens>;
  if (access) secrets.set(`the access token of ${name}`, access);
  if (access) secrets.set(`the signature of ${name}`, access.split('.')[2]!);
  if (refresh) secrets.set(`the refresh token of ${name}`, refresh);
  for (const cookie of headers.getSetCookie()) {
    const value = cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';'));
    if (value) secrets.set(`a cookie of ${name}`, value);
  }
}

async function tell(
  name: string,
  route: string,
  { method, path, ...options }: CallOptions & { method: string; path: string; userId?: string },
): Promise<Answer> {
  const response = await call(app, method, path, options);
  keepSecretsOf(response, name);
  const { status, headers } = response;
  logged.push({ name, id: headers.get('x-request-id')!, method, route, status, userId: options.userId });
  return response;
}

async function tellRaw(name: string, route: string, request: RawRequest): Promise<Answer> {
  const response = await rawCall(app, request);
  keepSecretsOf(response, name);
  const { status, headers } = response;
  logged.push({ name, id: headers.get('x-request-id')!, method: request.method ?? 'GET', route, status });
  return response;
}

async function story(): Promise<void> {
  const email = newEmail();
  secrets.set('the email address', email);
  const credentials = { email, password };
  const json = ['Content-Type', 'application/json'] as const;

  const registered = await tell('register', '/auth/register', {
    method: 'POST',
    path: '/auth/register',
    body: credentials,
  });
  const { access_token: token, refresh_token: refreshToken, user } = registered.body as Tokens;
  const as = { token, userId: user.id };

  const login = { method: 'POST', path: '/auth/login' };
  await tell('a wrong password', '/auth/login', { ...login, body: { email, password: wrongPassword } });
  await tell('an unknown address', '/auth/login', { ...login, body: { email: `x${email}`, password } });
  await tell('login', '/auth/login', { ...login, body: credentials });
  await tell('an invalid body with a password', '/auth/login', {
    ...login,
    body: { ...credentials, [password]: password },
  });
  await tellRaw('malformed JSON around a password', '/auth/login', {
    ...login,
    headers: [json],
    body: `{"email":"${email}","password":${password}}`,
  });
  await tellRaw('a password in a form', '/auth/login', {
    ...login,
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: `password=${password}`,
  });
  await tell('an admin', '/auth/login', {
    ...login,
    body: { email: 'first-admin@example.com', password: secrets.get('the password of the first admin') },
  });

  await tell('me', '/auth/me', { method: 'GET', path: '/auth/me', ...as });
  await tell('a note', '/notes', { method: 'POST', path: '/notes', body: { title: 'a' }, ...as });
  await tell('notes', '/notes', { method: 'GET', path: `/notes?access_token=${token}&password=${password}`, ...as });
  await tell('no note', '/notes/:id', { method: 'GET', path: `/notes/${password}`, ...as });
  await tell('forbidden', '/users', { method: 'GET', path: '/users', ...as });
  await tell('no route', '(none)', { method: 'GET', path: `/nope/${password}?token=${token}` });
  await tell('no file of Swagger UI', '(none)', { method: 'GET', path: `/docs/${password}?token=${token}` });
  await tellRaw('an undecodable path', '(none)', { path: `/${password}%?token=${token}` });
  await tell('a bad token', '/auth/me', { method: 'GET', path: '/auth/me', token: `${token}x` });
  await tellRaw('Basic', '/auth/me', { path: '/auth/me', headers: [['Authorization', `Basic ${btoa(password)}`]] });
  secrets.set('a Basic header', btoa(password));

  const refresh = { method: 'POST', path: '/auth/refresh' };
  const refreshed = await tell('refresh', '/auth/refresh', { ...refresh, body: { refresh_token: refreshToken } });
  app.clock.advanceSeconds(60);
  await tell('refresh', '/auth/refresh', {
    ...refresh,
    body: { refresh_token: (refreshed.body as Tokens).refresh_token },
  });
  app.clock.advanceSeconds(60);
  await tell('reuse', '/auth/refresh', { ...refresh, body: { refresh_token: refreshToken } });
  await tell('a forged refresh token', '/auth/refresh', { ...refresh, body: { refresh_token: `${refreshToken}x` } });

  const byCookie = await tell('cookies', '/auth/login', { ...login, body: { ...credentials, delivery: 'cookie' } });
  const cookie = [
    'Cookie',
    byCookie.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; '),
  ] as const;
  await tellRaw('me by cookie', '/auth/me', { path: '/auth/me', headers: [cookie] });
  await tellRaw('from another site', '/auth/refresh', {
    ...refresh,
    headers: [cookie, ['Sec-Fetch-Site', 'cross-site']],
  });
  await tellRaw('refresh by cookie', '/auth/refresh', { ...refresh, headers: [cookie] });
  await tellRaw('logout', '/auth/logout', { method: 'POST', path: '/auth/logout', headers: [cookie] });

  const fresh = (await tell('login again', '/auth/login', { ...login, body: credentials })).body as Tokens;
  const still = { token: fresh.access_token, userId: user.id };
  await proxy.cut();
  await tell('the database is away', '/notes', { method: 'GET', path: '/notes', ...still });
  await tell('the database is away at login', '/auth/login', { ...login, body: credentials });
  await proxy.resume();
  // Our own faults: the schema is not what the code thinks. PostgreSQL quotes the row that it refuses.
  await database.query(`ALTER TABLE users ADD CONSTRAINT broken CHECK (email = '') NOT VALID`);
  await tell('500 of a sign-in', '/auth/login', { ...login, body: credentials });
  await tell('500 of a registration', '/auth/register', {
    method: 'POST',
    path: '/auth/register',
    body: { ...credentials, email: `y${email}` },
  });
  await database.query('ALTER TABLE notes RENAME TO gone');
  await tell('500 of a note', '/notes', { method: 'POST', path: '/notes', body: { title: password }, ...still });
  await database.query('ALTER TABLE gone RENAME TO notes');
  await database.query('ALTER TABLE users DROP CONSTRAINT broken');
  const [row] = await database.query<{ password_hash: string }>('SELECT password_hash FROM users WHERE id = $1', [
    user.id,
  ]);
  secrets.set('the hash of the password', row!.password_hash.split('$').at(-1)!);
}

const lines = () => log.entries<Line>();

it('the story went through every kind of response', () => {
  const statuses = new Set(logged.map(({ status }) => status));
  expect([...statuses].sort()).toEqual([200, 201, 204, 400, 401, 403, 404, 415, 500, 503]);
});

it('every line is one JSON object with a level and a time', () => {
  for (const line of lines()) expect(line).toMatchObject({ level: expect.any(Number), time: expect.any(Number) });
});

it('every request has exactly one line: id, method, route, status, milliseconds and, where known, the user', () => {
  for (const { name, id, method, route, status, userId } of logged) {
    // A fault has a line of its own besides, with the same id.
    const ofRequest = lines().filter((line) => line.req_id === id && line.route !== undefined);
    expect({ name, ofRequest }).toEqual({
      name,
      ofRequest: [expect.objectContaining({ method, route, status, ms: expect.any(Number) })],
    });
    if (userId) expect({ name, userId: ofRequest[0]!.user_id }).toEqual({ name, userId });
  }
});

it('a refusal says why, by its code', () => {
  const line = lines().find(({ req_id }) => req_id === logged.find(({ name }) => name === 'reuse')!.id);
  expect(line).toMatchObject({ code: 'refresh_reused', status: 401 });
});

it('a fault of ours is logged with its stack, under the request id in the response', () => {
  const fault = logged.find(({ name }) => name === '500 of a note')!;
  const [line] = lines().filter(({ req_id }) => req_id === fault.id);
  expect(line).toMatchObject({ level: 50, code: 'internal_error', err: { stack: expect.any(String) } });
});

it('what happened to accounts and sessions is logged by id', () => {
  const events = lines().map(({ event }) => event);
  expect(events).toEqual(
    expect.arrayContaining([
      'user.registered',
      'user.signed_in',
      'user.sign_in_failed',
      'session.reused',
      'session.revoked',
    ]),
  );
});

it('no password, token, cookie, Authorization header or email address is anywhere in the log', () => {
  expect(secrets.size).toBeGreaterThan(15);
  const { text } = log;
  for (const [name, secret] of secrets) {
    const at = text.indexOf(secret);
    // With the line, so that a failure shows where the secret is.
    expect({ name, found: at === -1 ? undefined : text.slice(Math.max(0, at - 200), at + 20) }).toEqual({
      name,
      found: undefined,
    });
  }
  expect(text).not.toMatch(/pwl1_|eyJ[\w-]{10}|\$argon2|Bearer ey|__Host-/);
});
