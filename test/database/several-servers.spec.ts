import pg from 'pg';
import { loadConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { stopCluster } from '../../src/database/embedded/cluster.js';
import { withDatabase } from '../../src/database/with-database.js';
import { startApp, testSecret } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectStatus, refresh, register } from '../support/http.js';
import { recordingLog } from '../support/log.js';
import { startPair, urlOf } from '../support/postgres-pair.js';
import { stopServer } from '../support/postgres-server.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const configFor = (url: string, timeout = '60s') =>
  loadConfig({ DATABASE_URL: url, AUTH_SECRET: testSecret, DATABASE_START_TIMEOUT: timeout });

/** Nothing listens on it: TCPMUX. */
const deadHost = '127.0.0.1:1';

describe('a URL with several hosts', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const withHosts = (hosts: string, query = '') => {
    const { username, password, pathname } = new URL(database.url);
    return `postgresql://${username}:${password}@${hosts}${pathname}${query}`;
  };

  it.each([
    ['the first is down', (host: string) => withHosts(`${deadHost},${host}`)],
    ['the second is down', (host: string) => withHosts(`${host},${deadHost}`, '?target_session_attrs=read-write')],
    [
      'the hosts are in the query',
      (_host: string, port: string) => withHosts('', `?host=localhost,127.0.0.1&port=1,${port}`),
    ],
    ['one port is for all', (_host: string, port: string) => withHosts('', `?host=192.0.2.1,127.0.0.1&port=${port}`)],
    ['it has a schema', (host: string) => withHosts(`${deadHost},${host}`, '?schema=auth')],
  ])('serves requests although %s', async (_case, urlFor) => {
    const { host, port } = new URL(database.url);
    const app = await startApp({ database, env: { DATABASE_URL: urlFor(host, port) } });
    const { refresh_token: token } = await register(app);
    await expectStatus(refresh(app, token), 200);
    await expectStatus(call(app, 'GET', '/health/ready'), 200);
    await app.close();
  });

  it('serves the commands, too', async () => {
    const url = withHosts(`${deadHost},${new URL(database.url).host}`);
    expect(await withDatabase(configFor(url), recordingLog(), (db) => db.user.count())).toBe(0);
  });

  it('moves every connection to another server when one dies', async () => {
    const proxies = [await startTcpProxy(database.url), await startTcpProxy(database.url)];
    await proxies[1]!.cut();
    const app = await startApp({ database, env: { DATABASE_URL: urlOf(proxies.map(({ url }) => url)) } });
    const { refresh_token: token } = await register(app);
    await proxies[0]!.cut();
    await proxies[1]!.resume();
    // Both the pool and the connection that listens to other instances.
    await until(async () => (await call(app, 'GET', '/health/ready')).status === 200);
    await expectStatus(refresh(app, token), 200);
    await app.close();
    for (const proxy of proxies) await proxy.close();
  });

  it('ends the start with the reason if no server answers, and without the password', async () => {
    const url = withHosts(`${deadHost},127.0.0.1:2`);
    const log = recordingLog();
    const failure = await Database.open(configFor(url, '0s'), log).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/The database did not answer within 0 s \(connect ECONNREFUSED/);
    expect(`${String(failure)}${log.lines.join()}`).not.toContain(new URL(database.url).password);
  });

  it('says at once that a server refuses the password, although another is down', async () => {
    const { host, pathname } = new URL(database.url);
    const start = Database.open(configFor(`postgresql://pawl:wrong@${deadHost},${host}${pathname}`), recordingLog());
    await expect(start).rejects.toThrow('password authentication failed for user "pawl"');
  });
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

it('follows the primary of a replicated database through a failover, and nobody is signed out', async () => {
  const { primary, standby } = await startPair();
  const database: TestDatabase = {
    url: primary.url,
    query: () => Promise.reject(new Error('not used')),
    drop: () => Promise.resolve(),
  };
  const DATABASE_URL = urlOf([standby.url, primary.url]);
  const app = await startApp({ database, env: { DATABASE_URL } });
  const { access_token: access, refresh_token: token } = await register(app);
  // All of it has arrived there before the primary dies.
  const [{ lsn }] = (await query(primary.url, 'SELECT pg_current_wal_lsn()::text AS lsn')) as [{ lsn: string }];
  const caughtUp = `SELECT pg_last_wal_replay_lsn() >= '${lsn}' AS done`;
  await until(async () => (await query(standby.url, caughtUp))[0]!.done === true);

  await stopCluster(primary.cluster);
  expect((await call(app, 'POST', '/auth/refresh', { body: { refresh_token: token } })).status).toBe(503);
  await query(standby.url, 'SELECT pg_promote()');
  await until(async () => (await call(app, 'GET', '/health/ready')).status === 200);
  await expectStatus(refresh(app, token), 200);
  await expectStatus(call(app, 'GET', '/auth/me', { token: access }), 200);
  await app.close();
  await stopServer(primary);
  await stopServer(standby);
});

it('a URL that leads to standbys only is refused with the reason', async () => {
  const { primary, standby } = await startPair();
  const start = Database.open(configFor(urlOf([standby.url, `postgresql://${deadHost}/`]), '0s'), recordingLog());
  await expect(start).rejects.toThrow('no server of the URL takes writes');
  await stopServer(standby);
  await stopServer(primary);
});
