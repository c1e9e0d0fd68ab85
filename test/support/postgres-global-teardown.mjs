import { once } from 'node:events';
import { rm } from 'node:fs/promises';

export default async function stopPostgres() {
  await rm(process.env.TEST_DATA_DIR, { recursive: true, force: true });
  const keeper = globalThis.testPostgresKeeper;
  keeper.stdin.end();
  await once(keeper, 'exit');
}
