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

/** A running server that is this service's. */
export interface HeldServer {
  pid: number;
  /** Holds the password. */
  url: string;
  /** It was running already. */
  found: boolean;
}

/** The server is in use by another service. */
export class ServerInUse extends OperatorError {
  constructor(
    cluster: Cluster,
    /** A function, lest the password end up in a log with the error. */
    readonly url: () => string,
  ) {
    super(`Another Pawl is running on ${cluster.dataFolder}: stop it first, or give this one a DATA_DIR of its own.`);
  }
}

/**
 * Finds the cluster's server or starts it (on `port`, if given), and takes the service lock on it. A server that is still
 * starting, stopping or recovering is waited for, at most `patienceMs`.
 */
export async function holdServer(
  cluster: Cluster,
  onLost: () => void,
  { patienceMs, port: wishedPort }: { patienceMs: number; port?: number },
): Promise<HeldServer> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await runningServer(cluster);
    const server = found ?? (await startServer(cluster, wishedPort));
    const url = await clusterUrl(cluster, server.port);
    try {
      if (!(await takeServiceLock(url, onLost))) throw new ServerInUse(cluster, () => url);
      return { pid: server.pid, url, found: found !== undefined };
    } catch (error) {
      if (error instanceof ServerInUse) throw error;
      // The server of another start, or of a run that was killed a moment ago, may be on its way up or down.
      if (Date.now() > deadline) {
        throw new OperatorError(
          `The embedded PostgreSQL does not answer: ${(error as Error).message} (${logFile(cluster)} says more).`,
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
  // PostgreSQL sees for itself that the process of an old file is gone, but takes whoever has its number now for a server.
  if (stale && isAlive(stale.pid) && (await isPostmaster(stale.pid, cluster.dataFolder)) === false) {
    await rm(postmasterFilePath(cluster.dataFolder));
  }
  try {
    await startCluster(cluster, port);
    const started = await runningServer(cluster);
    if (started) return started;
    throw new Error('it has ended already');
  } catch (cause) {
    const others = await runningServer(cluster); // another start may have been faster
    if (others) return others;
    const log = await readFile(logFile(cluster), 'utf8').catch(() => '');
    const reason = complaintIn(log) ?? (cause as Error).message;
    throw new OperatorError(`The embedded PostgreSQL did not start: ${reason} (${logFile(cluster)} says more).`, {
      cause,
    });
  }
}
