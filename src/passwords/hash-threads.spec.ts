import { getPriority } from 'node:os';
import { lowerPriorityOfHashThreads } from './hash-threads.js';

const linux = process.platform === 'linux';
/** libuv's default. */
const poolSize = 4;

describe('the threads that compute hashes', () => {
  it('give way to requests and to the database: each has a lower priority, the main thread keeps its own', async () => {
    const before = getPriority();
    const threads = await lowerPriorityOfHashThreads();
    expect(getPriority()).toBe(before);
    expect(threads.length).toBeGreaterThanOrEqual(linux ? poolSize : 0);
    expect(threads).not.toContain(process.pid);
    for (const thread of threads) expect(getPriority(thread)).toBe(Math.min(19, before + 10));
  });

  it('keep that priority when it is lowered again, as by a second instance in the same process', async () => {
    const threads = await lowerPriorityOfHashThreads();
    await lowerPriorityOfHashThreads();
    for (const thread of threads) expect(getPriority(thread)).toBe(Math.min(19, getPriority() + 10));
  });
});
