import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCluster } from '../../src/database/embedded/cluster.js';
import type { TestDatabase } from '../support/database.js';
import type { Server } from '../support/postgres-server.js';
import { until } from '../support/until.js';

/** Sends a signal to every process of the server, its postmaster first: from then on, it starts no other. */
export async function signalServer(
  { cluster }: Server,
  database: TestDatabase,
  signal: NodeJS.Signals,
): Promise<number[]> {
  const postmaster = Number((await readFile(join(cluster.dataFolder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const others = await database.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  const pids = [postmaster, ...others.map(({ pid }) => pid)];
  sendSignal(pids, signal);
  return pids;
}

/** One may have ended by itself. */
export function sendSignal(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Starts a server again where it was, once what was killed is gone. One that recovers by itself is left to it. */
export async function restartServer({ cluster, url }: Server, database: TestDatabase): Promise<void> {
  const port = Number(new URL(url).port);
  const succeeds = (attempt: Promise<unknown>) =>
    attempt.then(
      () => true,
      () => false,
    );
  await until(
    async () => (await succeeds(startCluster(cluster, port))) || (await succeeds(database.query('SELECT 1'))),
  );
}
