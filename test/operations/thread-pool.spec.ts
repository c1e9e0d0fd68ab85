import { execFile } from 'node:child_process';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** In a process that starts as the service does: what its thread pool looks like from inside. */
const report = `
require(${JSON.stringify(join(import.meta.dirname, '../../bin/thread-pool.cjs'))});
const { readdirSync } = require('node:fs');
const { readlink } = require('node:fs/promises');
const { getPriority } = require('node:os');
const asks = Array.from({ length: 64 }, () => readlink('/proc/thread-self').then((link) => Number(link.split('/')[2]), () => 0));
Promise.all(asks).then((pool) => {
  const priorities = process.platform === 'linux' ? readdirSync('/proc/self/task').map((id) => getPriority(Number(id))) : [];
  const ofPool = pool.filter((id) => id !== 0).map((id) => getPriority(id));
  console.log(JSON.stringify({ size: process.env.UV_THREADPOOL_SIZE, main: getPriority(), ofPool, priorities }));
});`;

interface Report {
  size: string;
  main: number;
  /** Of the threads that did asynchronous work. */
  ofPool: number[];
  /** Of every thread of the process. */
  priorities: number[];
}

async function start(): Promise<Report> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: undefined, PASSWORD_CONCURRENCY: '3' };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', report], { env });
  return JSON.parse(stdout) as Report;
}

const linux = process.platform === 'linux';

describe('the thread pool of the service', () => {
  it('has a thread for each hash and four for other work', async () => {
    expect((await start()).size).toBe('7');
  });

  (linux ? it : it.skip)('gives way to requests and to the database, which keep their priority', async () => {
    const { main, ofPool, priorities } = await start();
    const lower = Math.min(19, getPriority() + 10);
    expect(main).toBe(getPriority());
    expect(new Set(ofPool)).toEqual(new Set([lower]));
    if (lower > main) expect(priorities.filter((priority) => priority === lower)).toHaveLength(7);
  });
});
