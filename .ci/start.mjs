/**
 * Starts the service of this checkout with the Node.js that runs this file, on an embedded PostgreSQL in a new folder,
 * asks whether it is ready, and stops it. Fails if Node.js prints a warning, such as one about a deprecation.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = await mkdtemp(join(tmpdir(), 'pawl-start-'));
await chmod(folder, 0o755);
const port = await freePort();
const service = spawn(process.execPath, ['scripts/pawl.cjs', 'start'], {
  env: { ...process.env, DATA_DIR: folder, PORT: String(port) },
});
let output = '';
for (const stream of [service.stdout, service.stderr]) stream.on('data', (chunk) => (output += chunk));
const ended = once(service, 'exit');
try {
  await untilRunning();
  const { status } = await fetch(`http://localhost:${port}/health/ready`);
  service.kill('SIGTERM');
  const [code] = await ended;
  if (status !== 200 || code !== 0)
    throw new Error(`/health/ready gave ${status}, and the service ended with ${code}.`);
  if (/Warning:/.test(output)) throw new Error('Node.js warns.');
  console.log('The service starts, is ready, and ends with 0.');
} catch (error) {
  console.error(output);
  throw error;
} finally {
  service.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

async function untilRunning() {
  while (!output.includes('Running at')) {
    const [code] = await Promise.race([once(service.stdout, 'data').then(() => []), ended]);
    if (code !== undefined) throw new Error(`The service ended with ${code}.`);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
