import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeTemporaryFolder } from './temporary-folder.mjs';

/**
 * One PostgreSQL, and one folder for data, for the whole run; every test makes its own database and folder in them.
 * A run within a run (test/mutants) uses those of the outer one.
 */
export default async function startPostgres() {
  if (process.env.TEST_POSTGRES_URL) return;
  const folder = await makeTemporaryFolder();
  process.env.TMPDIR = folder;
  const keeper = spawn(process.execPath, [fileURLToPath(new URL('postgres-keeper.mjs', import.meta.url)), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // a signal to the test run's process group would end it before it has cleaned up
  });
  const [url] = await Promise.race([
    once(createInterface(keeper.stdout), 'line'),
    once(keeper, 'exit').then(([code]) => Promise.reject(new Error(`The tests' PostgreSQL did not start (${code})`))),
  ]);
  process.env.TEST_POSTGRES_URL = url;
  process.env.TEST_DATA_DIR = join(folder, 'data');
  await mkdir(process.env.TEST_DATA_DIR);
  globalThis.testPostgresKeeper = keeper;
}
