import { jest } from '@jest/globals';
import type { AuditEvent } from './audit-event.js';
import { EventQueue, maxAgeMs, maxPerWrite, maxWaiting } from './event-queue.js';
import type { WaitingEvent } from './event-rows.js';

const failed: AuditEvent = { event: 'user.sign_in_failed' };
const away = new Error('away');
const refused = new Error('refused');

/** A queue whose writes end when the test decides. */
function start() {
  const writes: { ids: string[]; events: readonly WaitingEvent[]; end: (error?: Error) => void }[] = [];
  const lost: AuditEvent[] = [];
  const time = { ms: 0 };
  const queue = new EventQueue({
    write: (events) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve());
        writes.push({ ids: events.map(({ id }) => id), events, end });
      }),
    mayRetry: (error) => error === away,
    dropped: (count) => ({ id: 'dropped', event: { event: 'audit.dropped', details: { count } } }),
    onError: (_, events) => lost.push(...events),
    nowMs: () => time.ms,
  });
  const add = (...ids: string[]) => ids.forEach((id) => queue.add(id, failed));
  return { queue, writes, lost, time, add };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
afterEach(() => jest.useRealTimers());

it('writes at once, and then everything that arrived in the meantime in one statement', async () => {
  const { writes, add } = start();
  add('a', 'b', 'c');
  expect(writes.map(({ ids }) => ids)).toEqual([['a']]);
  writes[0]!.end();
  await turn();
  expect(writes.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c']]);
  writes[1]!.end();
  await turn();
  add('d');
  expect(writes.at(-1)!.ids).toEqual(['d']);
});

it('keeps what could not be written, in order, until the database is back, with the age of each event', async () => {
  const { writes, time, add } = start();
  add('a', 'b');
  writes[0]!.end(away);
  await turn();
  time.ms += 400;
  add('c');
  expect(writes).toHaveLength(1);
  time.ms += 600;
  jest.advanceTimersByTime(1000);
  expect(writes[1]!.events).toMatchObject([
    { id: 'a', ageMs: 1000 },
    { id: 'b', ageMs: 1000 },
    { id: 'c', ageMs: 600 },
  ]);
  writes[1]!.end();
  await turn();
  jest.advanceTimersByTime(10_000);
  expect(writes).toHaveLength(2);
});

it('holds a bounded number, and reports how many did not fit', async () => {
  const { writes, add } = start();
  add('first');
  writes[0]!.end(away);
  await turn();
  for (let i = 0; i < maxWaiting + 50; i++) add(String(i));
  jest.advanceTimersByTime(1000);
  let written = 0;
  for (let i = 1; i < writes.length; i++) {
    expect(writes[i]!.ids.length).toBeLessThanOrEqual(maxPerWrite + 1);
    written += writes[i]!.ids.length;
    writes[i]!.end();
    await turn();
  }
  expect(written).toBe(maxWaiting + 1);
  expect(writes.at(-1)!.events.at(-1)!.event).toEqual({ event: 'audit.dropped', details: { count: 51 } });
});

it('an event that waited long is not stored as older than half an hour', async () => {
  const { writes, time, add } = start();
  add('a');
  writes[0]!.end(away);
  await turn();
  time.ms += 2 * maxAgeMs;
  jest.advanceTimersByTime(1000);
  expect(writes[1]!.events[0]!.ageMs).toBe(maxAgeMs);
});

it('one that cannot be stored does not take the others with it', async () => {
  const { writes, lost, add } = start();
  add('a', 'b', 'bad', 'c');
  writes[0]!.end();
  await turn();
  writes[1]!.end(refused);
  await turn();
  for (let i = 2; i < writes.length; i++) {
    writes[i]!.end(writes[i]!.ids[0] === 'bad' ? refused : undefined);
    await turn();
  }
  expect(writes.slice(2).map(({ ids }) => ids)).toEqual([['b'], ['bad'], ['c']]);
  expect(lost).toEqual([failed]);
});

it('closing writes what waits, retries once what waited for the database, and then reports what is lost', async () => {
  const { queue, writes, lost, add } = start();
  add('a', 'b');
  const closed = queue.close();
  writes[0]!.end(away);
  await turn();
  expect(writes[1]!.ids).toEqual(['a', 'b']);
  writes[1]!.end(away);
  await closed;
  expect(lost).toEqual([failed, failed]);
  jest.advanceTimersByTime(10_000);
  expect(writes).toHaveLength(2);
});
