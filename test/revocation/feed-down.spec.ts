import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase, endConnections } from '../support/database.js';
import { call, expectProblem, register } from '../support/http.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** One instance whose listening connection, or whole database, tests take away; another that revokes meanwhile. */
describe('an instance that does not receive the others’ revocations', () => {
  let db: TestDatabase;
  let feed: TcpProxy;
  let queries: TcpProxy;
  let deaf: TestApp;
  let other: TestApp;

  async function startDeaf(env: NodeJS.ProcessEnv = {}): Promise<void> {
    deaf = await startApp({ database: db, env: { DATABASE_URL: queries.url, DATABASE_DIRECT_URL: feed.url, ...env } });
  }

  beforeEach(async () => {
    db = await createTestDatabase();
    feed = await startTcpProxy(db.url);
    queries = await startTcpProxy(db.url);
    other = await startApp({ database: db });
  });
  afterEach(async () => {
    await feed.resume();
    await queries.resume();
    await deaf.close();
    await other.close();
    await feed.close();
    await queries.close();
    await db.drop();
  });

  const feedState = async () => (await call(deaf, 'GET', '/health/ready')).body.checks.revocation_feed;
  const feedIs = (state: 'up' | 'down') => until(async () => (await feedState()) === state);
  /** A protected request that needs no query of its own: a plain user is kept out by the role claim. */
  const knock = (token: string) => call(deaf, 'GET', '/users', { token });

  it('asks the database, is at most a second stale, and reports that it is degraded', async () => {
    await startDeaf();
    await feed.cut();
    await feedIs('down');
    const { body, status } = await call(deaf, 'GET', '/health/ready');
    expect({ status, state: body.status }).toEqual({ status: 200, state: 'degraded' });

    const { access_token: token } = await register(other);
    await expectProblem(knock(token), 403, 'forbidden');
    await call(other, 'POST', '/auth/logout', { token });
    await until(async () => (await knock(token)).body.code === 'token_revoked');
  });

  it('applies its own revocations immediately, without waiting for a notification', async () => {
    await startDeaf();
    const { access_token: token } = await register(deaf);
    await expectProblem(knock(token), 403, 'forbidden');
    feed.freeze();
    await call(deaf, 'POST', '/auth/logout', { token });
    await expectProblem(knock(token), 401, 'token_revoked');
  });

  it('detects a half-open connection, and reads what it missed after reconnecting', async () => {
    await startDeaf();
    const { access_token: token } = await register(other);
    await expectProblem(knock(token), 403, 'forbidden');
    feed.freeze();
    await call(other, 'POST', '/auth/logout', { token });
    await feedIs('down');
    await feed.cut();
    await feed.resume();
    await feedIs('up');
    await expectProblem(knock(token), 401, 'token_revoked');
  });

  it('detects a server process that hangs', async () => {
    await startDeaf();
    const [listener] = await db.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity
      WHERE application_name = 'pawl listener' AND datname = current_database() ORDER BY backend_start DESC LIMIT 1`);
    process.kill(listener!.pid, 'SIGSTOP');
    try {
      await feedIs('down');
      await feedIs('up');
    } finally {
      process.kill(listener!.pid, 'SIGCONT');
    }
  });

  it('replaces a listening connection that the server closed, and catches up', async () => {
    await startDeaf();
    const { access_token: token } = await register(other);
    await endConnections(db, 'pawl listener');
    await call(other, 'POST', '/auth/logout', { token });
    await until(async () => (await knock(token)).body.code === 'token_revoked');
    await feedIs('up');
  });

  it('uses its memory while the whole database is unavailable: nothing is revoked without a commit', async () => {
    await startDeaf();
    const good = await register(other);
    const ended = await register(other);
    await call(other, 'POST', '/auth/logout', { token: ended.access_token });
    await until(async () => (await knock(ended.access_token)).body.code === 'token_revoked');

    await feed.cut();
    await queries.cut();
    await feedIs('down');
    await expectProblem(knock(good.access_token), 403, 'forbidden');
    await expectProblem(knock(ended.access_token), 401, 'token_revoked');
  });

  it('answers 503 instead with REVOCATION_STRICT=on, and recovers by itself once the database is back', async () => {
    await startDeaf({ REVOCATION_STRICT: 'on' });
    const { access_token: token } = await register(other);
    await feed.cut();
    await queries.cut();
    await feedIs('down');
    const { headers } = await expectProblem(knock(token), 503, 'database_unavailable');
    expect(headers.get('retry-after')).toMatch(/^\d+$/);

    await feed.resume();
    await queries.resume();
    await until(async () => (await knock(token)).status === 403);
    await feedIs('up');
  });
});
