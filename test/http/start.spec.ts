import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { testSecret } from '../support/app.js';
import { hasEnded } from '../support/child-process.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-start-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.drop();
});

/** Runs `pawl start` as a process of its own, in an empty folder. */
function start(env: NodeJS.ProcessEnv): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [join(root, 'bin/pawl.cjs'), 'start'], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), ...env },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

async function outputUntil({ child, output }: ReturnType<typeof start>, end: string): Promise<string> {
  while (!output().includes(end)) {
    if (hasEnded(child)) throw new Error(output());
    await pause(10);
  }
  return output();
}

it('a start says what runs, where, with which database, how to get an admin and where emails are', async () => {
  writeFileSync(join(folder, '.env'), 'CORS_ORIGIN=https://app.example.com\n');
  const service = start({ DATABASE_URL: database.url, AUTH_SECRET: testSecret, PORT: '0' });
  const output = await outputUntil(service, 'Swagger UI: ');
  expect(output).toContain(`Pawl ${version} on Node ${process.versions.node}, PostgreSQL `);
  expect(output).toContain(
    'There is no admin. Set ADMIN_EMAIL and ADMIN_PASSWORD, or run: pawl users role EMAIL admin',
  );
  expect(output).toContain('CORS_ORIGIN is not a setting and has no effect. Did you mean CORS_ORIGINS?');
  expect(output).not.toContain(new URL(database.url).password);

  // With PORT=0 a free port is chosen first, so that the issuer and the links name it.
  const [, url = ''] = /Running at (http:\/\/localhost:\d+)/.exec(output)!;
  expect(output).toContain(`Emails: ${url}/dev/mail`);
  expect(output).toContain(`Swagger UI: ${url}/docs`);
  const metadata = (await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json()) as { issuer: string };
  expect(metadata.issuer).toBe(url);

  service.child.kill('SIGTERM');
  expect(await once(service.child, 'exit')).toEqual([0, null]);
});

it('a busy port stops the start with one sentence, before a database is made', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const dataDir = join(folder, 'untouched');
  const service = start({ PORT: String(port), DATA_DIR: dataDir });
  expect(await once(service.child, 'exit')).toEqual([1, null]);
  expect(service.output()).toMatch(new RegExp(`^Port ${port} is in use.*\\n$`));
  expect(readdirSync(dataDir)).toEqual(['auth-secret']);
  other.close();
});
