import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import argon2 from 'argon2';
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
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const registering = (body: Record<string, unknown>, on = app) =>
  call(on, 'POST', '/auth/register', { body: { email: newEmail(), ...body } });

async function expectWeak(answer: ReturnType<typeof call>, message: string): Promise<void> {
  const { body } = await expectProblem(answer, 400, 'password_too_weak');
  expect(body).toMatchObject({ errors: [{ path: 'password', message: `This ${message}.` }] });
}

const common = 'is, or is close to, one of the most common passwords';

describe('a password that is easy to guess', () => {
  it.each([
    ['is common', { password: 'trustno1' }, common],
    ['is close to a common one', { password: 'Dragon2026!' }, common],
    [
      'is based on the email address',
      { email: 'grace.hopper@example.com', password: 'GraceHopper-1906' },
      'must not be based on your email address',
    ],
    ['is based on the name', { name: 'Grace Hopper', password: 'hopper-otter' }, 'must not be based on your name'],
  ])('is refused at registration with the reason: it %s', async (_, body, message) => {
    const answer = registering(body);
    await expectWeak(answer, message);
    expect(JSON.stringify((await answer).body)).not.toContain(body.password);
  });

  it('begins no account', async () => {
    const email = newEmail();
    await expectWeak(registering({ email, password: 'password123' }), common);
    expect(await app.db.query('SELECT id FROM users WHERE email = $1', [email])).toEqual([]);
  });

  it('is refused when an admin creates the user', async () => {
    const { access_token: token } = await makeAdmin(app);
    const create = (body: Record<string, unknown>) =>
      call(app, 'POST', '/users', { token, body: { email: newEmail(), ...body } });
    await expectWeak(create({ password: 'iloveyou' }), common);
    await expectWeak(create({ name: 'Grace Hopper', password: 'hopper-otter' }), 'must not be based on your name');
    await expectStatus(create({ password: goodPassword }), 201);
  });

  it('is not refused at sign-in, so users who already have it can sign in', async () => {
    const { user } = await register(app);
    const passwordHash = await argon2.hash('password');
    await app.db.query('UPDATE users SET password_hash = $1 WHERE id = $2', [passwordHash, user.id]);
    await login(app, user.email, 'password');
  });

  it('stops the start as ADMIN_PASSWORD, by name and without its value', async () => {
    const start = startAppForTest({ env: { ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: 'Trustno1!' } });
    await expect(start).rejects.toThrow(`ADMIN_PASSWORD ${common}.`);
    await expect(start).rejects.not.toThrow('Trustno1');
  });
});

describe('PASSWORD_LIST_FILE', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'pawl-list-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('refuses what it lists, beside what is common everywhere', async () => {
    const file = join(directory, 'ours.txt');
    writeFileSync(file, 'Acme Rocket Skates\n');
    const strict = await startAppForTest({ env: { PASSWORD_LIST_FILE: file } });
    await expectWeak(registering({ password: 'acme rocket skates' }, strict), common);
    await expectWeak(registering({ password: 'trustno1' }, strict), common);
    await register(strict);
    await register(app, { password: 'acme rocket skates' });
  });

  it('that is not there stops the start', async () => {
    const start = startAppForTest({ env: { PASSWORD_LIST_FILE: join(directory, 'absent') } });
    await expect(start).rejects.toThrow('PASSWORD_LIST_FILE cannot be read (ENOENT)');
  });
});

describe('PASSWORD_HIBP', () => {
  let server: Server;
  let env: Record<string, string>;
  let asked: IncomingMessage[];
  let answer: (response: ServerResponse) => void;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    env = { PASSWORD_HIBP: 'on', PASSWORD_HIBP_URL: `http://127.0.0.1:${port}/range` };
  });
  beforeEach(() => (asked = []));
  afterAll(() => server.close());

  const breached = 'seven otters in a river';
  const digest = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase();
  const listing =
    (password: string, count: number) =>
    (response: ServerResponse): void =>
      void response.end(`${'0'.repeat(35)}:3\r\n${digest(password).slice(5)}:${count}\r\n${'F'.repeat(35)}:1`);

  it('refuses a password from a breach, and sends only the first five digits of its hash', async () => {
    const asking = await startAppForTest({ env });
    answer = listing(breached, 12);
    await expectWeak(registering({ password: breached }, asking), 'is known from a data breach');
    expect(asked.map(({ url, headers }) => [url, headers['add-padding']])).toEqual([
      [`/range/${digest(breached).slice(0, 5)}`, 'true'],
    ]);
    await register(asking);
  });

  it('does not ask about what is refused anyway', async () => {
    const asking = await startAppForTest({ env });
    await expectWeak(registering({ password: 'trustno1' }, asking), common);
    expect(asked).toEqual([]);
  });

  it('takes a count of 0 for padding', async () => {
    const asking = await startAppForTest({ env });
    answer = listing(breached, 0);
    await register(asking, { password: breached });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['refuses to answer', (response: ServerResponse) => void response.writeHead(503).end()],
    ['hangs up', (response: ServerResponse) => void response.destroy()],
    ['says nothing', () => undefined],
  ])('sign-up goes on when it %s, and the log says so without the password', async (_, behaviour) => {
    const log = recordingDestination();
    const asking = await startAppForTest({ env: { ...env, LOG_LEVEL: 'warn' }, logDestination: log });
    answer = behaviour;
    await register(asking, { password: breached });
    expect(log.text).toMatch(/Have I Been Pwned could not be asked/);
    expect(log.text).not.toMatch(new RegExp(`${breached}|${digest(breached).slice(0, 5)}`));
  });

  it('is off unless switched on', async () => {
    await register(app, { password: breached });
    expect(asked).toEqual([]);
  });
});
