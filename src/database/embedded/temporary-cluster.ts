import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterUrl, initializeCluster, startCluster, stopCluster } from './cluster.js';
import { placeCluster } from './placement.js';

export interface TemporaryCluster {
  url: string;
  /** Stops PostgreSQL and deletes its data. */
  destroy(): Promise<void>;
}

/** Its data need not survive, so it never waits for the disk. */
export const withoutDurability = [
  '--no-sync',
  '--set=fsync=off',
  '--set=synchronous_commit=off',
  '--set=full_page_writes=off',
];

/** A PostgreSQL in a temporary folder, for tests and as the shadow database of a new migration. */
export async function startTemporaryCluster(): Promise<TemporaryCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-postgres-'));
  await chmod(folder, 0o711); // if root runs this, PostgreSQL runs as another user that must reach the folder
  const cluster = await placeCluster(folder);
  await initializeCluster(cluster, withoutDurability);
  const port = await startCluster(cluster);
  return {
    url: await clusterUrl(cluster, port),
    destroy: async () => {
      await stopCluster(cluster);
      await rm(cluster.dataFolder, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
