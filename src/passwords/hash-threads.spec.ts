import { getPriority } from 'node:os';
import { lowerPriorityOfHashThreads } from './hash-threads.js';

const linux = process.platform === 'linux';

describe('the threads that compute hashes', () => {
  it('give way to requests and to the database: each has a lower priority, the main thread keeps its own', async () => {
    const before = getPriority();
    const threads = await lowerPriorityOfHashThreads(4);
    expect(getPriority()).toBe(before);
    expect(threads.length).toBeGreaterThanOrEqual(linux ? 4 : 0);
    expect(threads).not.toContain(process.pid);
    for (const thread of threads) expect(getPriority(thread)).toBe(Math.min(19, before + 10));
  });

  it('keep that priority when it is lowered again, as by a second instance in the same process', async () => {
    const threads = await lowerPriorityOfHashThreads(4);
    await lowerPriorityOfHashThreads(4);
    for (const thread of threads) expect(getPriority(thread)).toBe(Math.min(19, getPriority() + 10));
  });
});
