import type { StartOptions } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, expectStatus, goodPassword, login, makeAdmin, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';

const env = { ADMIN_EMAIL: ' Root@Example.com ', ADMIN_PASSWORD: goodPassword };

describe('the first admin', () => {
  let database: TestDatabase;
  beforeEach(async () => (database = await createTestDatabase()));
  afterEach(() => database.drop());

  const admins = () => database.query<{ email: string }>(`SELECT email FROM users WHERE role = 'admin'`);

  /** Starts and stops a service. Returns what it logged. */
  async function startOnce(options: StartOptions = {}): Promise<string> {
    const log = recordingDestination();
    const app = await startApp({
      database,
      logDestination: log,
      ...options,
      env: { LOG_LEVEL: 'info', ...env, ...options.env },
    });
    await app.close();
    return log.text;
  }

  it.each(['off', 'on'])(
    'is made by ADMIN_EMAIL and ADMIN_PASSWORD, and signs in (REQUIRE_VERIFIED_EMAIL=%s)',
    async (required) => {
      const app = await startApp({ database, env: { ...env, REQUIRE_VERIFIED_EMAIL: required } });
      try {
        const { access_token: token, user } = await login(app, 'root@example.com');
        expect(user).toMatchObject({ email: 'root@example.com', role: 'admin', name: null });
        await expectStatus(call(app, 'GET', '/users', { token }), 200);
      } finally {
        await app.close();
      }
    },
  );

  it('is created once: a second start changes nothing, even with another password', async () => {
    expect(await startOnce()).toContain('admin.first_created');
    const [before] = await database.query('SELECT * FROM users');
    expect(await startOnce({ env: { ADMIN_PASSWORD: 'another password' } })).not.toContain('admin.first_created');
    expect(await database.query('SELECT * FROM users')).toEqual([before]);
  });

  it('is created once when several instances start together', async () => {
    const logs = await Promise.all(Array.from({ length: 4 }, () => startOnce()));
    expect(await admins()).toEqual([{ email: 'root@example.com' }]);
    expect(logs.filter((log) => log.includes('admin.first_created'))).toHaveLength(1);
  });

  it('is not created beside another admin, and the settings are ignored then', async () => {
    const app = await startApp({ database });
    const { user } = await makeAdmin(app);
    await app.close();
    const log = await startOnce({ env: { ADMIN_PASSWORD: 'short' } });
    expect(await admins()).toEqual([{ email: user.email }]);
    expect(log).toMatch(/"level":40\b.*ADMIN_EMAIL has no effect: there is an admin already\./);
  });

  it('is not mentioned again at later starts with the same settings', async () => {
    await startOnce();
    expect(await startOnce()).not.toContain('ADMIN_EMAIL');
  });

  it.each([
    ['in production with a warning', 'production', 40],
    ['elsewhere with a hint', 'test', 30],
  ])('is asked for while there is none, %s', async (_, NODE_ENV, level) => {
    const log = await startOnce({ env: { NODE_ENV, ADMIN_EMAIL: '', ADMIN_PASSWORD: '' } });
    expect(log).toMatch(new RegExp(`"level":${level}\\b.*There is no admin\\. Set ADMIN_EMAIL`));
  });

  it('is never a user who registered the address before, and the log says so', async () => {
    const app = await startApp({ database });
    const { user } = await register(app, { email: 'root@example.com', password: 'chosen by a stranger' });
    await app.close();

    const log = await startOnce();
    expect(log).toMatch(/"level":40\b.*ADMIN_EMAIL.*not promoted/);
    expect(log).not.toContain('root@example.com');
    expect(await admins()).toEqual([]);

    const again = await startApp({ database, env });
    try {
      const { user: signedIn, access_token: token } = await login(again, user.email, 'chosen by a stranger');
      expect(signedIn.role).toBe('user');
      await expectProblem(call(again, 'GET', '/users', { token }), 403, 'forbidden');
    } finally {
      await again.close();
    }
  });

  it.each([
    ['ADMIN_EMAIL', 'nobody'],
    ['ADMIN_PASSWORD', 'short'],
    ['ADMIN_PASSWORD', 'long '.repeat(52)],
  ])('a bad %s stops the start with an error that names it without its value', async (name, value) => {
    const { message } = await startOnce({ env: { [name]: value } }).then(
      () => new Error('it started'),
      (error: unknown) => error as Error,
    );
    expect(message).toContain(name);
    expect(message).not.toContain(value);
    expect(await admins()).toEqual([]);
  });
});
