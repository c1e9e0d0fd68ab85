import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { explainStartFailure } from './cli/start-failure.js';
import { packageFolder } from './common/package-folder.js';
import { loadConfig } from './config/config.js';
import { EmbeddedPostgres } from './database/embedded/embedded-postgres.js';
import { isAlive } from './database/embedded/postmaster-file.js';
import { copyPreparedCluster, removeCluster } from './database/embedded/prepared-cluster.js';
import { findPort } from './http/free-port.js';

/** What the parent process sends. Each gets one reply with its `id`. */
interface TestingRequest {
  id: number;
  /** `start`, `stop` or one of `testingCommands`. */
  command: string;
  input: unknown;
}

interface StartInput {
  settings: Readonly<Record<string, string>>;
  /** Where the prepared database is, and the data of those that run. */
  cacheFolder?: string;
}

/** The part of `process` that is used. */
type TestingProcess = Pick<NodeJS.Process, 'pid' | 'env' | 'connected' | 'send' | 'on' | 'exit' | 'stderr'>;

const host = '127.0.0.1';
const maxAttempts = 3;
/** Cheap hashes and no limits: tests sign in often, and from one address. */
const testSettings = {
  NODE_ENV: 'test',
  RATE_LIMITS: 'off',
  ARGON2_MEMORY_KIB: '1024',
  ARGON2_PASSES: '1',
  LOG_LEVEL: 'silent',
  DOCS: 'off',
};
const defaultCacheFolder = join(packageFolder, 'node_modules/.cache/pawl-testing');
const silentLog = { log: () => undefined, warn: () => undefined };

/**
 * Runs a service that its parent process controls: it can move the clock. The only way in is the channel that Node.js opens
 * between a process and its child. No port and no path leads to it, and `pawl start` does not load this file.
 */
export function serveTests(child: TestingProcess): void {
  if (!child.connected || child.env.NODE_ENV === 'production') {
    child.stderr.write('This program is for @pawl/nest/testing, which starts it. To run Pawl, use: pawl start\n');
    child.exit(1);
  }
  const service = new ServiceOfTests(child.pid);
  const end = () => void service.stop().finally(() => child.exit(0));
  // The tests are over, or were killed. A Ctrl-C in the terminal reaches this process too: the parent decides what it means.
  child.on('disconnect', end).on('SIGTERM', end);
  child.on('SIGINT', () => undefined);
  child.on('message', (message) => {
    const { id, command, input } = message as TestingRequest;
    void service.run(command, input).then(
      (result) => child.send?.({ id, result }),
      (error: unknown) => child.send?.({ id, error: command === 'start' ? explainStartFailure(error) : String(error) }),
    );
  });
}

class ServiceOfTests {
  private readonly runId: string;
  private dataDir: string | undefined;
  private postgres: EmbeddedPostgres | undefined;
  private app: NestFastifyApplication | undefined;
  private starting: Promise<unknown> | undefined;
  private stopping: Promise<void> | undefined;

  constructor(pid: number) {
    this.runId = `${pid}-${randomBytes(4).toString('hex')}`;
  }

  async run(command: string, input: unknown): Promise<unknown> {
    if (command === 'start') return (this.starting ??= this.start(input as StartInput));
    if (command === 'stop') return this.stop();
    if (!this.app) throw new Error('The service was not started.');
    const { testingCommands } = await import('./app.testing-commands.js');
    const run = Object.entries(testingCommands).find(([name]) => name === command)?.[1];
    if (!run) throw new Error(`This version of Pawl has no command ${command} for tests: install the same version.`);
    return run(this.app, input as never);
  }

  /** Ends and deletes everything, after a start that is under way. */
  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private async start({ settings, cacheFolder = defaultCacheFolder }: StartInput) {
    const runs = join(cacheFolder, 'runs');
    this.dataDir = join(runs, this.runId);
    await mkdir(this.dataDir, { recursive: true });
    await removeAbandoned(runs);
    // PostgreSQL starts while the application loads.
    const [url, { createApp }] = await Promise.all([
      this.startPostgres(cacheFolder, this.dataDir),
      import('./app.setup.js'),
    ]);
    const secret = randomBytes(32).toString('base64url');
    for (let attempt = 1; ; attempt++) {
      const port = await findPort(0, host);
      const config = loadConfig({
        ...testSettings,
        AUTH_SECRET: secret,
        PUBLIC_URL: `http://${host}:${port}`,
        ...settings,
        DATABASE_URL: url,
        DATA_DIR: this.dataDir,
        PORT: String(port),
      });
      const app = await createApp(config);
      try {
        await app.listen(port, host);
        this.app = app;
        return { url: `http://${host}:${port}`, issuer: config.publicUrl };
      } catch (error) {
        await app.close();
        // Another process was given the port in the meantime.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === maxAttempts) throw error;
      }
    }
  }

  private async startPostgres(cacheFolder: string, dataDir: string): Promise<string> {
    await copyPreparedCluster(cacheFolder, dataDir, silentLog);
    this.postgres = await EmbeddedPostgres.start(dataDir, silentLog);
    return this.postgres.url;
  }

  private async close(): Promise<void> {
    await this.starting?.catch(() => undefined);
    await this.app?.close();
    await this.postgres?.stop();
    if (this.dataDir !== undefined) await removeCluster(this.dataDir);
  }
}

/** What services left behind that were killed. */
async function removeAbandoned(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    if (await hasEnded(Number(name.split('-')[0]))) await removeCluster(join(runs, name)).catch(() => undefined);
  }
}

/** In a container, a process that has ended may stay in the list of processes for ever, if nobody waits for it. */
async function hasEnded(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /^.*\) [ZX] /s.test(status);
}
