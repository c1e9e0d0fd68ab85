import { KeyedSemaphore } from './keyed-semaphore.js';

/** Tasks that end when the test says so. */
function heldWork() {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const work = (id: number) => () => {
    started.push(id);
    return new Promise<number>((resolve) => ends.push(() => resolve(id)));
  };
  return { started, ends, work };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a keyed semaphore', () => {
  it('runs up to the limit at once, and the rest in the order of arrival', async () => {
    const semaphore = new KeyedSemaphore();
    const { started, ends, work } = heldWork();
    const running = [1, 2, 3, 4].map((id) => semaphore.run('key', 2, work(id)));
    await settled();
    expect(started).toEqual([1, 2]);
    ends[1]!();
    await settled();
    expect(started).toEqual([1, 2, 3]);
    ends[0]!();
    await settled();
    ends[2]!();
    ends[3]!();
    expect(await Promise.all(running)).toEqual([1, 2, 3, 4]);
  });

  it('does not let one key hold up another', async () => {
    const semaphore = new KeyedSemaphore();
    const { started, work } = heldWork();
    void semaphore.run('one', 1, work(1));
    void semaphore.run('other', 1, work(2));
    await settled();
    expect(started).toEqual([1, 2]);
  });

  it('releases its slot after a task that failed', async () => {
    const semaphore = new KeyedSemaphore();
    const failing = semaphore.run('key', 1, () => Promise.reject(new Error('wrong')));
    const next = semaphore.run('key', 1, () => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('wrong');
    expect(await next).toBe('next');
  });

  it('refuses further callers as overloaded when too many wait', async () => {
    const semaphore = new KeyedSemaphore();
    const { work } = heldWork();
    for (let id = 0; id < 129; id++) void semaphore.run('key', 1, work(id));
    await expect(semaphore.run('key', 1, work(129))).rejects.toMatchObject({ code: 'overloaded' });
  });
});
