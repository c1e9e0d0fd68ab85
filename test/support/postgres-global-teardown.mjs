import { once } from 'node:events';
import { rm } from 'node:fs/promises';

export default async function stopPostgres() {
  const keeper = globalThis.testPostgresKeeper;
  if (!keeper) return;
  await rm(process.env.TEST_DATA_DIR, { recursive: true, force: true });
  keeper.stdin.end();
  await once(keeper, 'exit');
}
