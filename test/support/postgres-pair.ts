import { appendFile, cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initializeCluster } from '../../src/database/embedded/cluster.js';
import type { Server } from './postgres-server.js';
import { giveToPostgres, newCluster, startServer } from './postgres-server.js';

/** A URL with the hosts of several URLs, and the rest of the first. */
export function urlOf(urls: readonly string[], query = 'target_session_attrs=read-write'): string {
  const { username, password, pathname } = new URL(urls[0]!);
  const hosts = urls.map((url) => new URL(url).host).join(',');
  return `postgresql://${username}:${password}@${hosts}${pathname}?${query}`;
}

/** A primary, and a standby that replicates it by streaming. Neither waits for the disk: their processes may end, the machine may not. */
export async function startPair(): Promise<{ primary: Server; standby: Server }> {
  const [first, second] = [await newCluster(), await newCluster()];
  await initializeCluster(first, ['--no-sync', '--set=fsync=off']);
  await cp(first.dataFolder, second.dataFolder, { recursive: true });
  await giveToPostgres(second);
  const primary = await startServer(first);
  const { port, username, password } = new URL(primary.url);
  await writeFile(join(second.dataFolder, 'standby.signal'), '');
  await appendFile(
    join(second.dataFolder, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=${username} password=${password}'\n`,
  );
  await giveToPostgres(second);
  return { primary, standby: await startServer(second) };
}
