import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterThisTest } from '../support/cleanup.js';
import { freePort } from '../support/free-port.js';
import { until } from '../support/until.js';

/** Debian's, or the one that HAPROXY_PATH names. */
const executablePath = process.env.HAPROXY_PATH ?? '/usr/sbin/haproxy';

/** Runs haproxy as docs/deployment.md configures it, without TLS, in front of servers on these two ports. Ends with the test. */
export async function startHaproxy(ports: readonly [number, number]): Promise<{ url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, await documentedConfiguration(port, ports));
  const proxy = spawn(executablePath, ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [proxy.stdout, proxy.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = Promise.race([
    once(proxy, 'exit').then(([code]) => `haproxy ended with ${code}: ${output}`),
    once(proxy, 'error').then(() => `${executablePath} does not run: install Debian's haproxy`),
  ]);
  afterThisTest(async () => {
    proxy.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  // It has asked a server whether it is ready.
  const serving = until(() =>
    fetch(`${url}/health/live`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  const problem = await Promise.race([serving, ended]);
  if (problem !== undefined) throw new Error(problem);
  return { url };
}

async function documentedConfiguration(port: number, ports: readonly [number, number]): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../docs/deployment.md'), 'utf8');
  const [, configuration] = /```haproxy\n(.+?)```/s.exec(text)!;
  const replacements: [RegExp, string][] = [
    [/bind :443 .*/, `bind 127.0.0.1:${port}`],
    [/server pawl-1 .*/, `server pawl-1 127.0.0.1:${ports[0]}`],
    [/server pawl-2 .*/, `server pawl-2 127.0.0.1:${ports[1]}`],
  ];
  return replacements.reduce((changed, [pattern, replacement]) => {
    if (!pattern.test(changed)) throw new Error(`docs/deployment.md has no ${pattern.source} any more`);
    return changed.replace(pattern, replacement);
  }, configuration!);
}
