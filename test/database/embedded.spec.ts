import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { hasEnded } from '../support/child-process.js';

const program = fileURLToPath(new URL('../support/embedded-service.mjs', import.meta.url));

/** A service with its embedded PostgreSQL, in a process group of its own. */
class Service {
  private output = '';
  private readonly process: ChildProcess;

  constructor(dataDir: string) {
    this.process = spawn(process.execPath, [program, dataDir], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.process.stdout?.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
  }

  /** Resolves with the rest of the line that begins so. */
  async says(beginning: string): Promise<string> {
    for (;;) {
      const line = this.output.split('\n').find((text) => text.startsWith(beginning));
      if (line !== undefined) return line.slice(beginning.length).trim();
      if (hasEnded(this.process)) throw new Error(`ended without "${beginning}": ${this.output}`);
      await sleep(10);
    }
  }

  /** Ctrl-C in a terminal goes to every process of the group. */
  pressCtrlC(): void {
    process.kill(-this.process.pid!, 'SIGINT');
  }

  async end(signal?: NodeJS.Signals): Promise<{ code: number | null; output: string }> {
    if (signal) this.process.kill(signal);
    if (!hasEnded(this.process)) await once(this.process, 'close');
    return { code: this.process.exitCode, output: this.output };
  }
}

let dataDir: string;
const services: Service[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pawl-embedded-'));
  await chmod(dataDir, 0o711);
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.end('SIGTERM');
  await rm(dataDir, { recursive: true, force: true });
});

function start(): Service {
  const service = new Service(dataDir);
  services.push(service);
  return service;
}

async function query(url: string, sql: string): Promise<object[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

const serverFile = () => join(dataDir, 'postgres', 'postmaster.pid');
const serverPid = async () => Number((await readFile(serverFile(), 'utf8')).split('\n')[0]);
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

it('keeps its data from one run to the next', async () => {
  const first = start();
  await query(await first.says('up'), 'CREATE TABLE kept (id int)');
  expect((await first.end('SIGTERM')).code).toBe(0);
  expect(await exists(serverFile())).toBe(false);

  expect(await query(await start().says('up'), 'SELECT count(*)::int AS count FROM kept')).toEqual([{ count: 0 }]);
});

it('requires the password from every local user, keeps it readable by its owner only, and listens on loopback only', async () => {
  const url = await start().says('up');
  const stranger = new URL(url);
  for (const password of ['', 'guessed']) {
    stranger.password = password;
    await expect(query(stranger.href, 'SELECT 1')).rejects.toThrow(/password/);
  }
  const { mode } = await stat(join(dataDir, 'postgres', 'pawl-password'));
  expect(mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
  const settings = `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`;
  expect(await query(url, settings)).toEqual([{ addresses: '127.0.0.1', sockets: '' }]);
});

it('a second service on the same DATA_DIR says what to do, and the first continues', async () => {
  const url = await start().says('up');
  const { code, output } = await start().end();
  expect(code).toBe(1);
  expect(output).toMatch(/^Another Pawl is running on .*: stop it first, or give this one a DATA_DIR of its own\.\n$/);
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('of two simultaneous first starts one succeeds', async () => {
  const [one, other] = [start(), start()];
  const outcome = (service: Service, loser: Service) => service.says('up').then((url) => ({ url, loser }));
  const { url, loser } = await Promise.any([outcome(one, other), outcome(other, one)]);
  await loser.says('Another Pawl is running');
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('takes over the server that a killed service left running', async () => {
  const killed = start();
  const url = await killed.says('up');
  await killed.end('SIGKILL');
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

  const next = start();
  expect(await next.says('up')).toBe(url);
  await next.says('Took over the PostgreSQL');
  await next.end('SIGTERM');
  expect(await exists(serverFile())).toBe(false);
});

it('starts although the process id of the killed server belongs to another process by now, which it leaves alone', async () => {
  const killed = start();
  await killed.says('up');
  process.kill(await serverPid(), 'SIGKILL');
  await killed.end('SIGKILL');
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)']);
  const file = await readFile(serverFile(), 'utf8');
  await writeFile(serverFile(), file.replace(/^\d+/, String(bystander.pid)));

  const next = start();
  expect(await query(await next.says('up'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await next.end('SIGTERM');
  expect(bystander.exitCode).toBeNull();
  bystander.kill();
});

it('starts the server again, at the same address, when it ends unexpectedly', async () => {
  const service = start();
  const url = await service.says('up');
  const pid = await serverPid();
  process.kill(pid, 'SIGKILL');
  while ((await serverPid().catch(() => pid)) === pid) await sleep(20);
  await service.end('SIGTERM');
  expect(await exists(serverFile())).toBe(false);
  expect(url).toContain('127.0.0.1');
});

it('ends with a service that had no chance to stop it', async () => {
  const service = start();
  await service.says('up');
  await service.end('SIGHUP');
  while (await exists(serverFile())) await sleep(20);
});

it('outlives a Ctrl-C in the terminal, so that the service can finish the requests in progress', async () => {
  const service = start();
  const url = await service.says('up');
  service.pressCtrlC();
  await service.says('SIGINT');
  expect(await query(url, 'SELECT 1 AS one FROM pg_sleep(0.2)')).toEqual([{ one: 1 }]);
});

it('says in one sentence what is wrong with the folder', async () => {
  await writeFile(join(dataDir, 'in-the-way'), '');
  const service = new Service(join(dataDir, 'in-the-way'));
  const { code, output } = await service.end();
  expect(code).toBe(1);
  expect(output).toMatch(
    /^The embedded PostgreSQL could not be prepared in .* \(EEXIST.*\): fix that, or set DATABASE_URL\.\n$/,
  );
});
it('ends when its data is deleted, so that the next start begins anew', async () => {
  const first = start();
  await query(await first.says('up'), 'CREATE TABLE deleted (id int)');
  await rm(join(dataDir, 'postgres'), { recursive: true });
  const { code, output } = await first.end();
  expect(code).toBe(1);
  expect(output).not.toContain('starting it again');
  const found = `SELECT to_regclass('deleted') AS found`;
  expect(await query(await start().says('up'), found)).toEqual([{ found: null }]);
});

/** Only root meets this: PostgreSQL runs as another user then, who cannot enter root's own folders. */
(process.getuid?.() === 0 ? it : it.skip)('finds its data again where root alone may enter DATA_DIR', async () => {
  await chmod(dataDir, 0o700);
  const first = start();
  await query(await first.says('up'), 'CREATE TABLE kept (id int)');
  await first.end('SIGTERM');
  const elsewhere = await readlink(join(dataDir, 'postgres'));
  expect(elsewhere).toMatch(/^\/var\/lib\/pawl\/data-[0-9a-f]{16}$/);

  const second = start();
  expect(await query(await second.says('up'), 'SELECT * FROM kept')).toEqual([]);
  await second.end('SIGTERM');
  await rm(elsewhere, { recursive: true });
});
