import { KeyedSemaphore } from './keyed-semaphore.js';

/** Work that ends when the test says so. */
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

describe('a turnstile', () => {
  it('lets as many through as it is wide, and the rest in the order of arrival', async () => {
    const turnstile = new KeyedSemaphore();
    const { started, ends, work } = heldWork();
    const passing = [1, 2, 3, 4].map((id) => turnstile.pass('key', 2, work(id)));
    await settled();
    expect(started).toEqual([1, 2]);
    ends[1]!();
    await settled();
    expect(started).toEqual([1, 2, 3]);
    ends[0]!();
    await settled();
    ends[2]!();
    ends[3]!();
    expect(await Promise.all(passing)).toEqual([1, 2, 3, 4]);
  });

  it('keeps one key from holding up another', async () => {
    const turnstile = new KeyedSemaphore();
    const { started, work } = heldWork();
    void turnstile.pass('one', 1, work(1));
    void turnstile.pass('other', 1, work(2));
    await settled();
    expect(started).toEqual([1, 2]);
  });

  it('opens again after work that failed', async () => {
    const turnstile = new KeyedSemaphore();
    const failing = turnstile.pass('key', 1, () => Promise.reject(new Error('wrong')));
    const next = turnstile.pass('key', 1, () => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('wrong');
    expect(await next).toBe('next');
  });

  it('has a line that ends: who comes later is overloaded', async () => {
    const turnstile = new KeyedSemaphore();
    const { work } = heldWork();
    for (let id = 0; id < 129; id++) void turnstile.pass('key', 1, work(id));
    await expect(turnstile.pass('key', 1, work(129))).rejects.toMatchObject({ code: 'overloaded' });
  });
});
