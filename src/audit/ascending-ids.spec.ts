import { Clock } from '../common/clock.js';
import { AscendingIds } from './ascending-ids.js';

const v7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A clock that stands still until it is moved. */
class StoppedClock extends Clock {
  override nowMs(): number {
    return Date.UTC(2026, 10, 24) + this.offsetMs;
  }
}

const msOf = (id: string) => parseInt(id.replace('-', '').slice(0, 12), 16);

it('ids ascend within a millisecond, with the clock, and also when the clock goes back', () => {
  const clock = new StoppedClock();
  const ids = new AscendingIds(clock);
  const drawn = Array.from({ length: 1000 }, () => ids.next());
  clock.advanceSeconds(1);
  drawn.push(ids.next());
  clock.advanceSeconds(-3600);
  drawn.push(ids.next(), ids.next());
  expect([...drawn].sort()).toEqual(drawn);
  expect(new Set(drawn).size).toBe(drawn.length);
  for (const id of drawn) expect(id).toMatch(v7);
});

it('an id holds the millisecond of the clock', () => {
  const clock = new StoppedClock();
  clock.advanceSeconds(400 * 86_400);
  expect(msOf(new AscendingIds(clock).next())).toBe(clock.nowMs());
});
