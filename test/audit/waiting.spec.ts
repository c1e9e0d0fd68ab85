import pg from 'pg';
import { waitingForLocks } from '../sessions/line-up.js';
import type { TestDatabase } from '../support/database.js';
import { call, expectProblem, register } from '../support/http.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { eventsOf } from './trail.js';

/** Nobody can write an event until it is released. */
async function holdTrail(database: TestDatabase): Promise<() => Promise<void>> {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE audit_events IN EXCLUSIVE MODE');
  return async () => {
    await holder.query('COMMIT');
    await holder.end();
  };
}

const wrong = (email: string) => ({ body: { email, password: 'not the password' } });

it('a refused sign-in does not wait for its row; a hundred use one connection, and every row is written in the end', async () => {
  const database = await createDatabaseForTest();
  const app = await startAppForTest({ database, env: { PASSWORD_CONCURRENCY: '4' } });
  const { user } = await register(app);
  const release = await holdTrail(database);
  for (let i = 0; i < 100; i += 20) {
    const storm = Array.from({ length: 20 }, () => call(app, 'POST', '/auth/login', wrong(user.email)));
    for (const response of await Promise.all(storm)) await expectProblem(response, 401, 'invalid_credentials');
  }
  expect((await waitingForLocks(database)).length).toBeLessThanOrEqual(1);
  await release();
  const failed = Array<string>(100).fill('user.sign_in_failed');
  await until(async () => (await eventsOf(database, user.id)).length === 101);
  expect(await eventsOf(database, user.id)).toEqual(['user.registered', ...failed]);
});

it('a service that is stopped writes waiting events before it closes the database', async () => {
  const database = await createDatabaseForTest();
  const app = await startAppForTest({ database });
  const { user } = await register(app);
  const release = await holdTrail(database);
  for (let i = 0; i < 3; i++) {
    await expectProblem(call(app, 'POST', '/auth/login', wrong(user.email)), 401, 'invalid_credentials');
  }
  await until(async () => (await waitingForLocks(database)).length === 1);
  const closed = app.close();
  await release();
  await closed;
  expect((await eventsOf(database, user.id)).slice(1)).toEqual(Array(3).fill('user.sign_in_failed'));
});
