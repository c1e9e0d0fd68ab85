import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../src/database/embedded/cluster.js';
import { clusterUrl, startCluster, stopCluster } from '../../src/database/embedded/cluster.js';
import { placeCluster } from '../../src/database/embedded/placement.js';

/** A PostgreSQL for one test that needs more than a database. */
export interface Server {
  cluster: Cluster;
  /** Of its database `postgres`. */
  url: string;
}

export async function newCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-servers-'));
  await chmod(folder, 0o711); // PostgreSQL does not run as root, and must reach the folder
  return placeCluster(folder);
}

export async function startServer(cluster: Cluster): Promise<Server> {
  return { cluster, url: await clusterUrl(cluster, await startCluster(cluster)) };
}

/** Gives the files that a test has written to the user that PostgreSQL runs as. */
export async function giveToPostgres({ dataFolder, runAs }: Cluster): Promise<void> {
  await chmod(dataFolder, 0o700);
  if (!runAs) return;
  const files = await readdir(dataFolder, { recursive: true });
  for (const file of ['', ...files]) await chown(join(dataFolder, file), runAs.uid, runAs.gid);
}

/** Stops it, if the test has not, and deletes its data. */
export async function stopServer({ cluster }: Server): Promise<void> {
  await stopCluster(cluster).catch(() => undefined);
  await rm(cluster.dataFolder, { recursive: true, force: true });
}
