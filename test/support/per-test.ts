import type { StartOptions, TestApp } from './app.js';
import { startApp } from './app.js';
import type { TestDatabase } from './database.js';
import { createTestDatabase } from './database.js';

const toEnd: (() => Promise<void>)[] = [];

// The last first: an instance before the database it is on.
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

/** As startApp, for one test: ends with the test, also when that fails (a service left running keeps jest from ending). */
export async function startAppForTest(options?: StartOptions): Promise<TestApp> {
  const app = await startApp(options);
  toEnd.push(once(() => app.close()));
  return { ...app, close: toEnd.at(-1)! };
}

/** An empty, migrated database for several instances of one test. */
export async function createDatabaseForTest(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  toEnd.push(() => database.drop());
  return database;
}

function once(end: () => Promise<void>): () => Promise<void> {
  let ended: Promise<void> | undefined;
  return () => (ended ??= end());
}
