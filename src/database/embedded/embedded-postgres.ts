import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../common/operator-error.js';
import type { StartLog } from '../start-log.js';
import type { Cluster } from './cluster.js';
import { initializeCluster, stopCluster } from './cluster.js';
import { placeCluster } from './placement.js';
import type { HeldServer } from './server.js';
import { holdServer, ServerInUse } from './server.js';

/** For a server that is starting, stopping or recovering from a crash. */
const startTimeoutMs = 30_000;
const recoveryPauseMs = 1000;
const dataCheckMs = 1000;

/** The PostgreSQL that the service runs if DATABASE_URL is not set. Only one service at a time uses it. */
export class EmbeddedPostgres {
  private held: HeldServer | undefined;
  private lastUrl = '';
  private stopping = false;
  private recovery: Promise<void> | undefined;
  private dataCheck: NodeJS.Timeout | undefined;

  private constructor(
    private readonly cluster: Cluster,
    private readonly log: StartLog,
  ) {}

  /** Starts it, or takes over the server that a killed service left running. */
  static async start(dataDir: string, log: StartLog): Promise<EmbeddedPostgres> {
    const embedded = new EmbeddedPostgres(await prepareCluster(dataDir, log), log);
    const { found } = await embedded.hold({ timeoutMs: startTimeoutMs });
    process.once('exit', embedded.stopAtExit);
    embedded.dataCheck = setInterval(() => embedded.endIfDataIsGone(), dataCheckMs).unref();
    if (found) log.warn('Took over the PostgreSQL that an earlier run left running.');
    return embedded;
  }

  /** Does not change while the service runs. Contains the password. */
  get url(): string {
    return this.lastUrl;
  }

  /** To be called when nothing uses the database any more: connections that are still open are cut off. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.dataCheck);
    await this.recovery;
    if (!this.held) return;
    await stopCluster(this.cluster);
    this.held = undefined;
    process.off('exit', this.stopAtExit);
  }

  /**
   * Last resort of a service that ends without stop(), for example after an error during its start. On Windows this would
   * crash PostgreSQL, so there the next start takes the server over.
   */
  private readonly stopAtExit = () => {
    if (!this.held || process.platform === 'win32') return;
    try {
      process.kill(this.held.pid, 'SIGINT');
    } catch {
      // It has already ended.
    }
  };

  /** Somebody deleted the data to start with an empty database. Nothing works until the next start, so this one ends, and says why. */
  private endIfDataIsGone(): void {
    const { dataFolder } = this.cluster;
    if (this.stopping || existsSync(join(dataFolder, 'PG_VERSION'))) return;
    this.stopping = true;
    clearInterval(this.dataCheck);
    // Not by the log: it may be written after the process has ended.
    process.stderr.write(
      `${dataFolder} was deleted while Pawl was running. Start Pawl again: it begins with empty data.\n`,
    );
    process.exit(1);
  }

  /** PostgreSQL crashed or was killed. It often recovers by itself; otherwise it is started again, on the same port. */
  private onServerLost(): void {
    if (this.stopping) return;
    this.held = undefined;
    this.recovery = this.holdAgain();
  }

  private async holdAgain(): Promise<void> {
    this.log.warn('The embedded PostgreSQL ended unexpectedly: starting it again.');
    const port = Number(new URL(this.url).port);
    while (!this.stopping) {
      try {
        await this.hold({ timeoutMs: 0, port });
        return;
      } catch (error) {
        this.log.warn(`The embedded PostgreSQL is not back yet: ${(error as Error).message}`);
        if (error instanceof ServerInUse) return;
        await sleep(recoveryPauseMs);
      }
    }
  }

  private async hold(options: { timeoutMs: number; port?: number }): Promise<HeldServer> {
    const held = await holdServer(this.cluster, () => this.onServerLost(), options);
    this.held = held;
    this.lastUrl = held.url;
    return held;
  }
}

/** Opens the database for a command: the one that the running service uses, or one that is started for the command. */
export async function withEmbeddedPostgres<Result>(
  dataDir: string,
  log: StartLog,
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  try {
    const embedded = await EmbeddedPostgres.start(dataDir, log);
    try {
      return await use(embedded.url);
    } finally {
      await embedded.stop();
    }
  } catch (error) {
    if (!(error instanceof ServerInUse)) throw error;
    return use(error.url());
  }
}

async function prepareCluster(dataDir: string, log: StartLog): Promise<Cluster> {
  try {
    const cluster = await placeCluster(dataDir);
    if (!(await isInitialized(cluster))) {
      log.log(`Creating an embedded PostgreSQL in ${cluster.dataFolder}.`);
      await initializeCluster(cluster);
    }
    return cluster;
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    const reason = (cause as Error).message;
    throw new OperatorError(
      `The embedded PostgreSQL could not be prepared in ${dataDir} (${reason}): fix that, or set DATABASE_URL.`,
      { cause },
    );
  }
}

async function isInitialized({ dataFolder }: Cluster): Promise<boolean> {
  try {
    await stat(join(dataFolder, 'PG_VERSION'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
