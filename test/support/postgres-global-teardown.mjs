import { once } from 'node:events';

export default async function stopPostgres() {
  const keeper = globalThis.testPostgresKeeper;
  if (!keeper) return;
  keeper.stdin.end();
  await once(keeper, 'exit');
}
