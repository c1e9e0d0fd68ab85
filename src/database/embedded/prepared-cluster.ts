import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { migrate } from '../migrations/migrate.js';
import { readMigrations } from '../migrations/migration-files.js';
import type { StartLog } from '../start-log.js';
import { findBinaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { clusterUrl, initializeCluster, startCluster, stopCluster } from './cluster.js';
import { ignoring } from './ignoring.js';
import { placeCluster } from './placement.js';
import { isPostmaster, readPostmasterFile } from './postmaster-file.js';
import { withoutDurability } from './temporary-cluster.js';

const run = promisify(execFile);
const endPauseMs = 20;
const endAttempts = 250;

/** Small segments and no template databases, so that a copy takes a moment. */
const smallOptions = [...withoutDurability, '--wal-segsize=1', '--set=min_wal_size=2MB', '--set=max_wal_size=64MB'];

/**
 * Puts a migrated database into `dataDir`, for a service that tests start: a copy of one that is prepared once in
 * `cacheFolder`, for this PostgreSQL and these migrations. Without it, each start would take some seconds.
 */
export async function copyPreparedCluster(cacheFolder: string, dataDir: string, log: StartLog): Promise<void> {
  const template = await preparedCluster(cacheFolder, log);
  const { dataFolder } = await placeCluster(dataDir);
  if (process.platform === 'win32') await cp(template.dataFolder, dataFolder, { recursive: true });
  // Takes a third of the time, most of it in another process, and keeps the owner.
  else await run('cp', ['-a', template.dataFolder, dataFolder]);
}

/** Deletes what a service has left in its `dataDir`, and ends its server if the service could not. */
export async function removeCluster(dataDir: string): Promise<void> {
  if (await lstat(join(dataDir, 'postgres')).catch(ignoring('ENOENT'))) {
    const { dataFolder } = await placeCluster(dataDir);
    await endServer(dataFolder);
    await rm(dataFolder, { recursive: true, force: true });
  }
  await rm(dataDir, { recursive: true, force: true });
}

/** At once: its data is not needed any more. */
async function endServer(dataFolder: string): Promise<void> {
  const server = await readPostmasterFile(dataFolder);
  for (let attempt = 0; server && (await isPostmaster(server.pid, dataFolder)) && attempt < endAttempts; attempt++) {
    if (attempt === 0) process.kill(server.pid, 'SIGQUIT');
    await sleep(endPauseMs);
  }
}

async function preparedCluster(cacheFolder: string, log: StartLog): Promise<Cluster> {
  const { build } = await findBinaries();
  const key = createHash('sha256').update(JSON.stringify([build, smallOptions, await readMigrations()]));
  const prepared = join(cacheFolder, `prepared-${key.digest('hex').slice(0, 16)}`);
  if (await lstat(prepared).catch(ignoring('ENOENT'))) return placeCluster(prepared);
  const draft = join(cacheFolder, `draft-${randomBytes(6).toString('hex')}`);
  try {
    await prepare(await placeCluster(draft), log);
    await rename(draft, prepared).catch(ignoring('ENOTEMPTY', 'EEXIST')); // another start was faster
    return await placeCluster(prepared);
  } finally {
    await removeCluster(draft);
  }
}

async function prepare(cluster: Cluster, log: StartLog): Promise<void> {
  await initializeCluster(cluster, smallOptions);
  const url = await clusterUrl(cluster, await startCluster(cluster));
  try {
    await migrate(url, log);
    await dropTemplates(url);
  } finally {
    await stopCluster(cluster);
  }
}

/** They are two thirds of the data, and nobody creates a database here. */
async function dropTemplates(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`UPDATE pg_database SET datistemplate = false WHERE datname LIKE 'template_'`);
    for (const name of ['template0', 'template1']) await client.query(`DROP DATABASE ${name}`);
  } finally {
    await client.end();
  }
}
