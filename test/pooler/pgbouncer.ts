import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresUser } from '../../src/database/embedded/system-user.js';
import { hasEnded } from '../support/child-process.js';
import { freePort } from '../support/free-port.js';
import { until } from '../support/until.js';

/** Debian's, or the one that PGBOUNCER_PATH names. */
const executablePath = process.env.PGBOUNCER_PATH ?? '/usr/sbin/pgbouncer';

/** A pgbouncer in transaction mode in front of one database. */
export interface PgBouncer {
  /** `databaseUrl`, through the pooler. */
  url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it. It cannot be started again. */
  destroy(): Promise<void>;
}

export interface PgBouncerOptions {
  /** Start-up options to accept and drop. By default, pgbouncer refuses the connection. */
  ignoring?: readonly string[];
}

export async function startPgBouncer(
  databaseUrl: string,
  { ignoring = [] }: PgBouncerOptions = {},
): Promise<PgBouncer> {
  const server = new URL(databaseUrl);
  const folder = await mkdtemp(join(tmpdir(), 'pawl-pgbouncer-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const users = join(folder, 'users.txt');
  const settings = join(folder, 'pgbouncer.ini');
  await writeFile(users, `"${server.username}" "${decodeURIComponent(server.password)}"\n`);
  await writeFile(
    settings,
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
; Fewer than the connections of one instance, so that statements of one client meet several servers.
default_pool_size = 4
max_client_conn = 200
; How long pgbouncer keeps to itself that PostgreSQL could not be reached.
server_login_retry = 1
${ignoring.length > 0 ? `ignore_startup_parameters = ${ignoring.join(', ')}` : ''}
`,
  );
  let bouncer: ChildProcess | undefined;
  const start = async () => {
    bouncer = await launch(settings, port);
  };
  const stop = async () => {
    const running = bouncer;
    bouncer = undefined;
    if (!running || hasEnded(running)) return;
    const ended = once(running, 'exit');
    running.kill('SIGTERM'); // at once: what is under way breaks
    await ended;
  };
  await start();
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href,
    start,
    stop,
    destroy: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Like PostgreSQL, it does not run as root. */
async function launch(settings: string, port: number): Promise<ChildProcess> {
  const bouncer = spawn(executablePath, ['-q', settings], {
    ...(await postgresUser('')),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  bouncer.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const failed = new Promise<never>((_, reject) => {
    bouncer.once('error', () => reject(new Error(`${executablePath} does not run: install Debian's pgbouncer`)));
    bouncer.once('exit', (code) => reject(new Error(`pgbouncer ended with ${code}: ${output}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([until(() => answers(port)), failed]);
  return bouncer;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
