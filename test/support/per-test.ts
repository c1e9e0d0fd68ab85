import type { StartOptions, TestApp } from './app.js';
import { startApp } from './app.js';
import { afterThisTest } from './cleanup.js';
import type { TestDatabase } from './database.js';
import { createTestDatabase } from './database.js';

/** Like startApp, for one test: closes when the test ends. */
export async function startAppForTest(options?: StartOptions): Promise<TestApp> {
  const app = await startApp(options);
  const close = once(() => app.close());
  afterThisTest(close);
  return { ...app, close };
}

/** An empty, migrated database for several instances of one test. */
export async function createDatabaseForTest(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  afterThisTest(() => database.drop());
  return database;
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => (closed ??= close());
}
