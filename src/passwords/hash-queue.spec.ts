import { ApiError } from '../common/errors.js';
import type { HashCaller } from './hash-queue.js';
import { HashQueue } from './hash-queue.js';

/** A queue whose work items end only when the test says so; `started` lists their names in the order in which they began. */
function queueByHand(concurrency: number, maxWaiting: number) {
  const queue = new HashQueue({ concurrency, maxWaiting });
  const started: string[] = [];
  const endings = new Map<string, PromiseWithResolvers<string>>();
  return {
    queue,
    started,
    enter: (name: string, caller: HashCaller = { address: name }) =>
      queue.run(caller, () => {
        started.push(name);
        const ending = withResolvers<string>();
        endings.set(name, ending);
        return ending.promise;
      }),
    finish: (name: string) => endings.get(name)!.resolve(name),
    fail: (name: string) => endings.get(name)!.reject(new Error(`${name} failed`)),
  };
}

// Promise.withResolvers came with Node 22.
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>['resolve'];
  let reject!: PromiseWithResolvers<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

const overloaded = expect.objectContaining({ code: 'overloaded', extras: { retryAfterSeconds: expect.any(Number) } });

describe('the hash queue', () => {
  it('runs as many hashes at once as it is allowed, and no more', async () => {
    const { queue, started, enter, finish } = queueByHand(2, 10);
    const runs = ['a', 'b', 'c', 'd'].map((name) => enter(name));
    expect(started).toEqual(['a', 'b']);
    expect([queue.running, queue.waiting]).toEqual([2, 2]);

    finish('a');
    await runs[0];
    expect(started).toEqual(['a', 'b', 'c']);
    expect([queue.running, queue.waiting]).toEqual([2, 1]);

    for (const name of ['b', 'c']) finish(name);
    await Promise.all([runs[1], runs[2]]);
    finish('d');
    expect(await Promise.all(runs)).toEqual(['a', 'b', 'c', 'd']);
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });

  it('serves the oldest first, whatever its address', async () => {
    const { started, enter, finish } = queueByHand(1, 40);
    const arrivals = ['1st', '2nd', '3rd', '4th'].map((name, index) => ({ name, address: index % 2 ? 'x' : 'y' }));
    const runs = arrivals.map(({ name, address }) => enter(name, { address }));
    for (const [index, { name }] of arrivals.entries()) {
      finish(name);
      await runs[index];
    }
    expect(started).toEqual(['1st', '2nd', '3rd', '4th']);
  });

  it('lets a newcomer run at once after it was idle', async () => {
    const { started, enter, finish } = queueByHand(1, 4);
    const first = enter('first');
    finish('first');
    await first;
    void enter('second');
    expect(started).toEqual(['first', 'second']);
  });

  it('answers overloaded with Retry-After when every place is taken', async () => {
    const { queue, enter } = queueByHand(1, 8);
    for (let index = 0; index <= 8; index++) void enter(`caller ${index}`);
    await expect(enter('one too many')).rejects.toEqual(overloaded);
    await expect(enter('one too many')).rejects.toBeInstanceOf(ApiError);
    expect(queue.waiting).toBe(8);
  });

  it('says before any other work whom it would refuse: nobody while a hash could start, and then only callers without a place', () => {
    const { queue, enter } = queueByHand(1, 8);
    const greedy = { address: 'greedy' };
    expect(() => queue.assertRoom(greedy)).not.toThrow();
    for (const name of ['running', 'waiting 1', 'waiting 2']) void enter(name, greedy);
    expect(() => queue.assertRoom(greedy)).toThrow(overloaded);
    expect(() => queue.assertRoom({ address: 'somebody else' })).not.toThrow();
    for (let index = 0; index < 6; index++) void enter(`caller ${index}`);
    expect(() => queue.assertRoom({ address: 'somebody else' })).toThrow(overloaded);
    expect(queue.waiting).toBe(8);
  });

  it('gives no address more than a quarter of the places, and the others theirs', async () => {
    const { queue, enter, finish } = queueByHand(1, 8);
    const greedy = { address: 'greedy' };
    const runs = ['running', 'waiting 1', 'waiting 2'].map((name) => enter(name, greedy));
    await expect(enter('waiting 3', greedy)).rejects.toEqual(overloaded);
    void enter('somebody else');
    expect(queue.waiting).toBe(3);

    finish('running');
    await runs[0];
    void enter('waiting 3', greedy);
    await expect(enter('waiting 4', greedy)).rejects.toEqual(overloaded);
    expect(queue.waiting).toBe(3);
  });

  it('gives no IPv6 /64 more than a quarter of the places: a customer may use another address for each request', async () => {
    const { enter } = queueByHand(1, 8);
    void enter('running');
    for (let i = 1; i <= 2; i++) void enter(`waiting ${i}`, { address: `2001:db8:1:2::${i}` });
    await expect(enter('waiting 3', { address: '2001:db8:1:2:ffff::3' })).rejects.toEqual(overloaded);
    void enter('another block', { address: '2001:db8:1:3::1' });
    void enter('mapped', { address: '::ffff:203.0.113.7' });
    void enter('the same client', { address: '203.0.113.7' });
    await expect(enter('the same client again', { address: '203.0.113.7' })).rejects.toEqual(overloaded);
  });

  it('never hashes for a client that left while it waited, and gives its place away', async () => {
    const { queue, started, enter, finish } = queueByHand(1, 4);
    const client = new AbortController();
    const running = enter('running');
    const abandoned = enter('abandoned', { address: 'one place', signal: client.signal });
    const last = enter('last');
    await expect(enter('refused', { address: 'one place' })).rejects.toEqual(overloaded);

    client.abort();
    await expect(abandoned).rejects.toEqual(overloaded);
    expect(queue.waiting).toBe(1);
    void enter('successor', { address: 'one place' });

    finish('running');
    await running;
    finish('last');
    await last;
    expect(started).toEqual(['running', 'last', 'successor']);
  });

  it('never hashes for a client that had left before', async () => {
    const { queue, started, enter } = queueByHand(1, 4);
    await expect(enter('gone', { address: 'gone', signal: AbortSignal.abort() })).rejects.toEqual(overloaded);
    expect(started).toEqual([]);
    expect(queue.running).toBe(0);
  });

  it('finishes a hash that has begun, also when its client leaves', async () => {
    const { queue, enter, finish } = queueByHand(1, 4);
    const client = new AbortController();
    const first = enter('first');
    const second = enter('second', { address: 'one place', signal: client.signal });
    finish('first');
    await first;
    void enter('third', { address: 'one place' });

    client.abort();
    expect([queue.running, queue.waiting]).toEqual([1, 1]);
    await expect(enter('fourth', { address: 'one place' })).rejects.toEqual(overloaded);
    finish('second');
    await expect(second).resolves.toBe('second');
    expect([queue.running, queue.waiting]).toEqual([1, 0]);
  });

  it('hands on the slot of a hash that failed', async () => {
    const { queue, started, enter, fail, finish } = queueByHand(1, 4);
    const failing = enter('failing');
    const next = enter('next');
    fail('failing');
    await expect(failing).rejects.toThrow('failing failed');
    expect(started).toEqual(['failing', 'next']);
    finish('next');
    await next;
    expect([queue.running, queue.waiting]).toEqual([0, 0]);
  });
});
