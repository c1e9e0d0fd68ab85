import { createAppPatiently } from '../../src/app.start.js';
import { loadConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { testEnv, testSecret } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createEmptyDatabase, createTestDatabase } from '../support/database.js';
import { recordingLog } from '../support/log.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const configFor = (url: string, timeout = '60s') =>
  loadConfig({ DATABASE_URL: url, AUTH_SECRET: testSecret, DATABASE_START_TIMEOUT: timeout });

function changed(change: (url: URL) => unknown): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

it('the start waits for a database that is not reachable yet', async () => {
  const proxy = await startTcpProxy(database.url);
  await proxy.cut();
  const log = recordingLog();
  const opening = Database.open(configFor(proxy.url), log);
  await log.includes('Waiting for the database: connect ECONNREFUSED');
  await proxy.resume();
  const opened = await opening;
  expect(await opened.prisma.user.count()).toBe(0);
  await opened.onApplicationShutdown();
  await proxy.close();
});

it('a database that goes away in the middle of the start is waited for: the start begins again', async () => {
  const proxy = await startTcpProxy(database.url);
  proxy.breakConnections((count) => count <= 12 && count % 2 === 0);
  const config = loadConfig({ ...testEnv, DATABASE_URL: proxy.url });
  const app = await createAppPatiently(config, { logDestination: { write: () => undefined } });
  expect(await app.get(PrismaService).user.count()).toBe(0);
  await app.close();
  await proxy.close();
});

it('a database that keeps going away ends the start in time', async () => {
  const proxy = await startTcpProxy(database.url);
  // The first connection of each start is the one that waits for the database.
  proxy.breakConnections((count) => count % 2 === 0);
  const config = loadConfig({ ...testEnv, DATABASE_URL: proxy.url, DATABASE_START_TIMEOUT: '1s' });
  const starting = createAppPatiently(config, { logDestination: { write: () => undefined } });
  await expect(starting).rejects.toThrow(/^The database kept going away for 1 s \(.+\): see its log\.$/);
  await proxy.close();
});

it('a database that stays unreachable ends the start in time, with one sentence and without the password', async () => {
  const proxy = await startTcpProxy(database.url);
  await proxy.cut();
  const log = recordingLog();
  const failure = await Database.open(configFor(proxy.url, '1s'), log).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    name: 'OperatorError',
    message: expect.stringMatching(
      /^The database did not answer within 1 s \(connect ECONNREFUSED .*\): start it, or correct DATABASE_URL\.$/,
    ),
  });
  expect(`${String(failure)}${log.lines.join()}`).not.toContain(new URL(database.url).password);
});

it.each([
  [
    'a wrong password',
    (url: URL): unknown => (url.password = 'wrong'),
    'password authentication failed for user "pawl"',
  ],
  ['a missing database', (url: URL): unknown => (url.pathname = '/nowhere'), 'database "nowhere" does not exist'],
  [
    'TLS that the server does not speak',
    (url: URL): unknown => url.searchParams.set('sslmode', 'verify-full'),
    'does not support SSL',
  ],
] as const)('%s is said at once', async (_case, change, reason) => {
  const log = recordingLog();
  await expect(Database.open(configFor(changed(change)), log)).rejects.toThrow(reason);
  expect(log.lines).toEqual([]);
});

it('a database with other tables is refused, and no connection stays open', async () => {
  const shared = await createEmptyDatabase();
  await shared.query('CREATE TABLE something_else (id int)');
  await expect(Database.open(configFor(shared.url), recordingLog())).rejects.toThrow('give Pawl a database of its own');
  const others = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'pawl%'`;
  expect(await shared.query(others)).toEqual([]);
  await shared.drop();
});
