import { once } from 'node:events';

export default async function stopPostgres() {
  const keeper = globalThis.testPostgresKeeper;
  keeper.stdin.end();
  await once(keeper, 'exit');
}
