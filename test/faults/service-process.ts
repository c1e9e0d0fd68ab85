import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Clock } from '../../src/common/clock.js';
import { testEnv } from '../support/app.js';
import { afterThisTest } from '../support/cleanup.js';

/** Instances of Pawl in a process of their own. */
export interface ServiceProcess {
  instances: { url: string }[];
  /** Gives it the time of the test's clock. */
  setClock(clock: Clock): void;
  /** SIGKILL: nothing is finished and nobody is told. */
  kill(): Promise<void>;
  /** SIGTERM, as an orchestrator stops it. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

interface Start {
  databaseUrl: string;
  clock: Clock;
  instances?: number;
  env?: NodeJS.ProcessEnv;
}

/** Ends with the test, if the test has not ended it. */
export async function startServiceProcess({ databaseUrl, clock, instances = 1, env }: Start): Promise<ServiceProcess> {
  const child = fork(join(import.meta.dirname, 'service-process.mjs'), [String(instances)], {
    execArgv: [],
    env: {
      PATH: process.env.PATH,
      ...testEnv,
      DATABASE_URL: databaseUrl,
      DATA_DIR: process.env.TEST_DATA_DIR,
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  const kill = async () => {
    await end('SIGKILL');
  };
  afterThisTest(kill);
  const setClock = ({ offsetMs }: Clock) => {
    if (child.connected) child.send(offsetMs, () => undefined);
  };
  const started = once(child, 'message') as Promise<[string[]]>;
  const [urls] = await Promise.race([
    started,
    exited.then(([code]) => Promise.reject(new Error(`The service did not start (${code})`))),
  ]);
  setClock(clock);
  return {
    instances: urls.map((url) => ({ url })),
    setClock,
    kill,
    stop: () => end('SIGTERM'),
  };
}
