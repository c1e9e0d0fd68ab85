import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { atEnd } from './ends.mjs';

const report = fileURLToPath(new URL('report.cjs', import.meta.url));
const startTimeoutMs = 60_000;

/** A process that serves HTTP on loopback and reports its own CPU time and memory. */
export class ServerProcess {
  #child;

  /** Resolves when `GET readyPath` is answered with 200; `startMs` says how long that took. */
  static async start(script, { env = {}, nodeOptions = [], readyPath }) {
    const port = await freePort();
    const startedAtMs = performance.now();
    const child = spawn(process.execPath, [...nodeOptions, '--require', report, script], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, NODE_ENV: 'development', PORT: String(port), HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const server = new ServerProcess(child, `http://127.0.0.1:${port}`);
    atEnd(() => server.stop());
    await untilReady(server.url + readyPath, child, startedAtMs + startTimeoutMs);
    server.startMs = performance.now() - startedAtMs;
    return server;
  }

  constructor(child, url) {
    this.#child = child;
    this.url = url;
  }

  /** CPU time of all its threads so far, user and system, in microseconds. */
  async cpuMicroseconds() {
    const { user, system } = await this.#ask('cpu');
    return user + system;
  }

  /** `{ rss, heapUsed }` in bytes. */
  memory() {
    return this.#ask('memory');
  }

  async stop() {
    const child = this.#child;
    if (hasEnded(child)) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async #ask(question) {
    const answer = once(this.#child, 'message');
    this.#child.send(question);
    const [value] = await answer;
    return value;
  }
}

function hasEnded({ exitCode, signalCode }) {
  return exitCode !== null || signalCode !== null;
}

async function untilReady(url, child, deadlineMs) {
  while (performance.now() < deadlineMs) {
    if (hasEnded(child))
      throw new Error(`The server ended with ${child.exitCode ?? child.signalCode} before it answered.`);
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    await sleep(5);
  }
  throw new Error(`No answer from ${url}`);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
