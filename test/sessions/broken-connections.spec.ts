import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, refresh, register } from '../support/http.js';
import { until } from '../support/until.js';
import type { DatabaseWire } from './database-wire.js';
import { openDatabaseWire } from './database-wire.js';
import { holdRow, waitingForLocks } from './line-up.js';
import { accessStatus, expectGranted, granted, partsOf, pastGraceSeconds, storedSession } from './refresh-story.js';

let database: TestDatabase;
let wire: DatabaseWire;
let app: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  wire = await openDatabaseWire(database.url);
  app = await startApp({ database: { ...database, url: wire.url } });
});
afterAll(async () => {
  await app.close();
  await wire.close();
  await database.drop();
});

const wait = () => app.clock.advanceSeconds(pastGraceSeconds);

/** A parent whose answer was lost long ago. */
async function lateParent(): Promise<Tokens> {
  const parent = await register(app);
  await granted(app, parent, 'rotate');
  wait();
  return parent;
}

describe('a connection that is killed while the statement waits', () => {
  it.each([
    ['rotate', () => register(app)],
    ['recover', lateParent],
  ] as const)('the refresh does its %s on another connection', async (verdict, begin) => {
    const tokens = await begin();
    const held = await holdRow(database, 'sessions', tokens.session_id);
    let answered = false;
    const refreshing = refresh(app, tokens.refresh_token).finally(() => (answered = true));
    await until(async () => (await waitingForLocks(database)).length === 1);
    const [killed] = await waitingForLocks(database);
    await database.query('SELECT pg_terminate_backend($1)', [killed]);
    await until(async () => answered || (await waitingForLocks(database)).some((pid) => pid !== killed));
    await held.release();

    const child = expectGranted(await refreshing, verdict);
    expect((await storedSession(app, tokens)).generation).toBe(1);
    wait();
    await granted(app, child, 'rotate');
  });
});

describe('a connection that breaks after the commit and before the response', () => {
  it('a committed rotation is found, and its child returned', async () => {
    const tokens = await register(app);
    const lost = wire.loseAnswer(1);
    const child = expectGranted(await refresh(app, tokens.refresh_token), 'replay');
    await lost;
    expect((await storedSession(app, tokens)).generation).toBe(1);
    expect(partsOf(child.refresh_token).generation).toBe(1);
    wait();
    await granted(app, child, 'rotate');
  });

  it('a committed recovery is found, and its child returned', async () => {
    const tokens = await lateParent();
    // The try to rotate, the reading of the row, the recovery.
    const lost = wire.loseAnswer(3);
    const child = expectGranted(await refresh(app, tokens.refresh_token), 'replay');
    await lost;
    expect((await storedSession(app, tokens)).generation).toBe(1);
    wait();
    await granted(app, child, 'rotate');
  });

  it('nobody is signed out even if it happens at every refresh', async () => {
    let tokens = await register(app);
    for (let i = 0; i < 5; i++) {
      const lost = wire.loseAnswer(1);
      tokens = expectGranted(await refresh(app, tokens.refresh_token), 'replay');
      await lost;
      wait();
    }
    await granted(app, tokens, 'rotate');
  });

  it('a lost read is 503, and the same request then succeeds', async () => {
    const tokens = await lateParent();
    const lost = wire.loseAnswer(2);
    const { headers } = await expectProblem(refresh(app, tokens.refresh_token), 503, 'database_unavailable');
    await lost;
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    await granted(app, tokens, 'recover');
  });

  it('a reused session stays ended, access tokens included', async () => {
    const stolen = await register(app);
    const child = await granted(app, stolen, 'rotate');
    wait();
    const grandchild = await granted(app, child, 'rotate');
    // The try to rotate, the reading of the row, the revocation.
    const lost = wire.loseAnswer(3);
    await expectProblem(refresh(app, stolen.refresh_token), 503, 'database_unavailable');
    await lost;
    expect((await storedSession(app, stolen)).revoked_reason).toBe('reuse');
    await until(async () => (await accessStatus(app, grandchild)) === 401);
    await expectProblem(refresh(app, grandchild.refresh_token), 401, 'session_revoked');
  });

  it.each([
    ['logout', '/auth/logout'],
    // The only answer outside of its transaction is the one to COMMIT.
    ['logout everywhere', '/auth/logout-all'],
  ])('a %s holds, access tokens included', async (_, path) => {
    const tokens = await register(app);
    const lost = wire.loseAnswer(1);
    await expectProblem(call(app, 'POST', path, { token: tokens.access_token }), 503, 'database_unavailable');
    await lost;
    await until(async () => (await accessStatus(app, tokens)) === 401);
    await expectStatus(call(app, 'POST', '/auth/logout', { token: tokens.access_token }), 204);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
  });
});
