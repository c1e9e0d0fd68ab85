import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { hasEnded } from '../support/child-process.js';
import { freePort } from '../support/free-port.js';
import { until } from '../support/until.js';

/** Debian's, or the one that REDIS_SERVER_PATH names. */
const executablePath = process.env.REDIS_SERVER_PATH ?? '/usr/bin/redis-server';

/** A Redis of its own that keeps nothing on disk. */
export interface RedisServer {
  url: string;
  keys(): Promise<string[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** It takes connections and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

export async function prepareRedis(): Promise<RedisServer> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  return {
    url,
    keys: async () => {
      const client = new Redis(url);
      try {
        return await client.keys('*');
      } finally {
        client.disconnect();
      }
    },
    start: async () => {
      const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
      server = spawn(executablePath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      server.stdout!.on('data', (chunk) => (said += String(chunk)));
      await until(() => said.includes('Ready to accept connections'));
    },
    stop: async () => {
      if (!server || hasEnded(server)) return;
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
    freeze: () => server?.kill('SIGSTOP'),
    thaw: () => server?.kill('SIGCONT'),
  };
}
