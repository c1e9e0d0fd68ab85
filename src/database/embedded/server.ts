import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../common/operator-error.js';
import type { Cluster } from './cluster.js';
import { clusterUrl, logFile, startCluster } from './cluster.js';
import type { PostmasterFile } from './postmaster-file.js';
import { isAlive, isPostmaster, postmasterFilePath, readPostmasterFile } from './postmaster-file.js';
import { complaintIn } from './run-program.js';
import { takeServiceLock } from './service-lock.js';

const retryMs = 200;

/** A running server that this service has locked. */
export interface HeldServer {
  pid: number;
  /** Contains the password. */
  url: string;
  /** It was already running. */
  found: boolean;
}

/** The server is in use by another service. */
export class ServerInUse extends OperatorError {
  constructor(
    cluster: Cluster,
    /** A function, so that logging the error does not log the password. */
    readonly url: () => string,
  ) {
    super(`Another Pawl is running on ${cluster.dataFolder}: stop it first, or give this one a DATA_DIR of its own.`);
  }
}

/**
 * Finds the cluster's server or starts it (on `port`, if given), and takes the service lock on it. Waits up to `timeoutMs`
 * for a server that is starting, stopping or recovering.
 */
export async function holdServer(
  cluster: Cluster,
  onLost: () => void,
  { timeoutMs, port: requestedPort }: { timeoutMs: number; port?: number },
): Promise<HeldServer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await runningServer(cluster);
    const server = found ?? (await startServer(cluster, requestedPort));
    const url = await clusterUrl(cluster, server.port);
    try {
      if (!(await takeServiceLock(url, onLost))) throw new ServerInUse(cluster, () => url);
      return { pid: server.pid, url, found: found !== undefined };
    } catch (error) {
      if (error instanceof ServerInUse) throw error;
      // The server may be starting for another process, or stopping after a run that was just killed.
      if (Date.now() > deadline) {
        throw new OperatorError(
          `The embedded PostgreSQL does not answer: ${(error as Error).message} (see ${logFile(cluster)}).`,
        );
      }
    }
    await sleep(retryMs);
  }
}

async function runningServer({ dataFolder }: Cluster): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(dataFolder);
  return file && (await isPostmaster(file.pid, dataFolder)) !== false ? file : undefined;
}

async function startServer(cluster: Cluster, port: number | undefined): Promise<PostmasterFile> {
  const stale = await readPostmasterFile(cluster.dataFolder);
  // PostgreSQL notices that the process of an old file is gone, but not that its id belongs to another process now.
  if (stale && isAlive(stale.pid) && (await isPostmaster(stale.pid, cluster.dataFolder)) === false) {
    await rm(postmasterFilePath(cluster.dataFolder));
  }
  try {
    await startCluster(cluster, port);
    const started = await runningServer(cluster);
    if (started) return started;
    throw new Error('it has already ended');
  } catch (cause) {
    const others = await runningServer(cluster); // another start was faster
    if (others) return others;
    const log = await readFile(logFile(cluster), 'utf8').catch(() => '');
    const reason = complaintIn(log) ?? (cause as Error).message;
    throw new OperatorError(`The embedded PostgreSQL did not start: ${reason} (see ${logFile(cluster)}).`, {
      cause,
    });
  }
}
