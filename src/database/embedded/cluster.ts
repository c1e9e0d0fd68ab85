import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import { programPath } from './binaries.js';
import { ignoring } from './ignoring.js';
import { runProgram } from './run-program.js';
import type { SystemUser } from './system-user.js';

/** A PostgreSQL data directory and what is needed to run it. */
export interface Cluster {
  dataFolder: string;
  binaries: Binaries;
  /** Undefined for the user of this process. */
  runAs: SystemUser | undefined;
}

const superuser = 'pawl';
const host = '127.0.0.1';

export function logFile(cluster: Cluster): string {
  return join(cluster.dataFolder, 'server.log');
}

/**
 * Creates the data directory. It is built next to its place and then moved, so that it is never incomplete. The password of
 * the only user is random and stored inside, readable by the owner alone; every connection must prove it (SCRAM-SHA-256).
 */
export async function initializeCluster(cluster: Cluster, extraOptions: readonly string[] = []): Promise<void> {
  const draft = `${cluster.dataFolder}.${randomBytes(6).toString('hex')}`;
  const passwordFile = `${draft}.password`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
    if (cluster.runAs) {
      await chown(draft, cluster.runAs.uid, cluster.runAs.gid);
      await chown(passwordFile, cluster.runAs.uid, cluster.runAs.gid);
    }
    await runIn(cluster, 'initdb', [
      `--pgdata=${draft}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      '--set=listen_addresses=127.0.0.1',
      '--set=unix_socket_directories=',
      '--set=timezone=UTC',
      '--set=log_timezone=UTC',
      ...extraOptions,
    ]);
    await rename(passwordFile, join(draft, 'pawl-password'));
    await rename(draft, cluster.dataFolder).catch(ignoring('ENOTEMPTY', 'EEXIST')); // another start may have been faster
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/** More than the largest pool, so that a restart of the service with a larger pool finds enough. */
const maxConnections = 250;

/**
 * Starts PostgreSQL on `port`, or on any free port, and resolves with the port when it accepts connections. It outlives this
 * process, and a Ctrl-C in the terminal does not reach it.
 */
export async function startCluster(cluster: Cluster, port?: number): Promise<number> {
  const usedPort = port ?? (await freePort());
  await rename(logFile(cluster), `${logFile(cluster)}.1`).catch(ignoring('ENOENT'));
  await runIn(cluster, 'pg_ctl', [
    'start',
    '--wait',
    '--silent',
    '--timeout=60',
    `--pgdata=${cluster.dataFolder}`,
    `--log=${logFile(cluster)}`,
    `--options=-p ${usedPort} -c max_connections=${maxConnections}`,
  ]);
  return usedPort;
}

/** Ends every connection, writes everything to disk and resolves when PostgreSQL has stopped. */
export async function stopCluster(cluster: Cluster): Promise<void> {
  await runIn(cluster, 'pg_ctl', ['stop', '--mode=fast', '--silent', '--timeout=60', `--pgdata=${cluster.dataFolder}`]);
}

/** The URL of the running server. Contains the password. */
export async function clusterUrl(cluster: Cluster, port: number): Promise<string> {
  const password = await readFile(join(cluster.dataFolder, 'pawl-password'), 'utf8');
  return `postgresql://${superuser}:${password}@${host}:${port}/postgres`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function runIn(cluster: Cluster, program: 'initdb' | 'pg_ctl', args: readonly string[]): Promise<void> {
  const { binaries, runAs } = cluster;
  return runProgram(programPath(binaries, program), args, { runAs, folder: binaries.folder });
}
