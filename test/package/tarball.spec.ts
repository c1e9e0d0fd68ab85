import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let parent: string;
/** An empty folder in which the package is installed, as its user would. */
let folder: string;
let service: ChildProcess | undefined;
let log = '';

/** What the user's own terminal has: no setting of the tests, and nothing of the npm that runs them. */
function userEnvironment() {
  const { PATH, HOME } = process.env;
  return { PATH, HOME };
}

async function pawl(args: string[], input = '') {
  const child = spawn('npx', ['pawl', ...args], { cwd: folder, env: userEnvironment() });
  const written = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.errors += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...written };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pawl-package-'));
  await chmod(parent, 0o755);
  const pack = ['pack', '--ignore-scripts=false', '--silent', '--pack-destination', parent];
  const { stdout } = await run('npm', pack, { cwd: root, env: userEnvironment() });
  folder = await mkdtemp(join(parent, 'app-'));
  await chmod(folder, 0o755);
  const install = ['install', '--no-audit', '--no-fund', join(parent, stdout.trim().split('\n').at(-1)!)];
  await run('npm', install, { cwd: folder, env: userEnvironment() });
}, 15 * 60_000);
afterAll(async () => {
  service?.kill('SIGKILL');
  await rm(parent, { recursive: true, force: true });
});

describe('the package, installed from its tarball in an empty folder', () => {
  let url: string;

  it('starts with npx pawl start, with settings and data of the working folder', async () => {
    const port = await freePort();
    await writeFile(join(folder, '.env'), `PORT=${port}\nARGON2_MEMORY_KIB=8192\n`);
    service = spawn('npx', ['pawl', 'start'], { cwd: folder, env: userEnvironment(), detached: true });
    const ended = once(service, 'exit').then(() => Promise.reject(new Error(`Pawl ended:\n${log}`)));
    const running = new Promise<void>((resolve) => {
      for (const stream of [service!.stdout!, service!.stderr!]) {
        stream.on('data', (chunk: Buffer) => {
          log += chunk.toString();
          if (log.includes('Running at')) resolve();
        });
      }
    });
    await Promise.race([running, ended]);
    ended.catch(() => undefined);
    url = `http://localhost:${port}`;
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    expect(log).not.toMatch(/warning|deprecat/i);
    expect(await readdir(folder)).toContain('.data');
    expect(await readdir(join(folder, 'node_modules/pawl'))).not.toContain('.data');
  });

  it('has npx pawl users, beside the running service', async () => {
    const password = 'correct horse battery';
    const created = await pawl(['users', 'create', 'ada@example.com', '--role', 'admin'], password);
    expect(created).toMatchObject({ code: 0, errors: '' });
    expect((await pawl(['users', 'list'])).out).toMatch(/ada@example\.com +admin/);
    await writeFile(join(folder, 'users.ndjson'), '{"email": "grace@example.com"}\n');
    expect(await pawl(['users', 'import', 'users.ndjson'])).toMatchObject({ code: 0 });
    const response = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect(await pawl(['token', 'inspect'], token)).toMatchObject({ code: 0, out: expect.stringMatching(/^Access/) });
  });

  it('has npx pawl keys, audit and db', async () => {
    expect((await pawl(['keys', 'list'])).out).toMatch(/ current +ES256 /);
    expect(await pawl(['audit', 'verify'])).toMatchObject({ code: 0, errors: '' });
    const status = await pawl(['db', 'status']);
    expect(status).toMatchObject({ code: 0, errors: '' });
    expect(status.out).not.toMatch(/pending|failed|unknown/);
    const refused = await pawl(['db', 'migration', 'anything']);
    expect(refused).toMatchObject({ code: 1, errors: expect.stringMatching(/checkout/) });
  });

  it('ends in good order at Ctrl-C', async () => {
    const closed = once(service!, 'close');
    process.kill(-service!.pid!, 'SIGINT');
    await closed;
    expect(await pawl(['db', 'status'])).toMatchObject({ code: 0 }); // starts the database by itself
  });
});

it('is traced as docs/operations.md says, up to the last request before it stops', async () => {
  const operations = await readFile(join(root, 'docs/operations.md'), 'utf8');
  const recipe = /`otel\.mjs`:\n\n +```js\n([^`]+)```/.exec(operations)![1]!;
  const traces = join(parent, 'otel');
  await mkdir(traces);
  await writeFile(join(traces, 'otel.mjs'), recipe);
  // The version for Node.js 20, which newer ones run too.
  const packages = ['@opentelemetry/sdk-node@0.223.0', '@opentelemetry/api@1.9'];
  await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: traces, env: userEnvironment() });
  const exported: string[] = [];
  const collector = createHttpServer((request, response) => {
    request.setEncoding('latin1').on('data', (chunk: string) => void exported.push(chunk));
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const port = await freePort();
  const env = {
    ...userEnvironment(),
    PORT: String(port),
    NODE_OPTIONS: `--import ${join(traces, 'otel.mjs')}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as { port: number }).port}`,
  };
  const bin = join(folder, 'node_modules/pawl/bin/pawl.cjs');
  const traced = spawn(process.execPath, [bin, 'start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  service = traced;
  let output = '';
  await new Promise<void>((resolve, reject) => {
    traced.once('exit', () => reject(new Error(output)));
    traced.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Running at')) resolve();
    });
  });
  const body = JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery' });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}/auth/login`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
  const closed = once(traced, 'exit');
  traced.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
  for (const name of ['POST /auth/login', 'password.verify', 'UPDATE users INSERT sessions INSERT audit_events']) {
    expect(exported.join('')).toContain(name);
  }
  expect(exported.join('')).not.toContain('ada@');
  collector.close();
});

it('says what is wrong with a command line, and what to do', async () => {
  expect(await pawl(['usres'])).toMatchObject({ code: 2, errors: expect.stringMatching(/Did you mean users\?/) });
  expect(await pawl(['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: pawl /) });
});
