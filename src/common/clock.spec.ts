import { jest } from '@jest/globals';
import { Clock } from './clock.js';

/** A machine whose clock and whose time since its start a test sets. */
let wallMs: number;
let sinceStartMs: number;
beforeEach(() => {
  [wallMs, sinceStartMs] = [1_800_000_000_000, 5000];
  jest.spyOn(Date, 'now').mockImplementation(() => wallMs);
  jest.spyOn(performance, 'now').mockImplementation(() => sinceStartMs);
});
afterEach(() => jest.restoreAllMocks());

const pass = (ms: number) => {
  wallMs += ms;
  sinceStartMs += ms;
};
const hourMs = 3_600_000;

it('shows the machine’s time until the database’s is known', () => {
  const clock = new Clock();
  expect(clock.nowMs()).toBe(wallMs);
  pass(100);
  expect(clock.nowSeconds()).toBe(Math.floor(wallMs / 1000));
});

it('follows the database, and passes on between two readings', () => {
  const clock = new Clock();
  const databaseMs = wallMs - hourMs;
  expect(clock.follow(databaseMs, sinceStartMs, sinceStartMs)).toBe(hourMs);
  pass(1500);
  expect(clock.nowMs()).toBe(databaseMs + 1500);
});

it('does not notice when the clock of the machine is set', () => {
  const clock = new Clock();
  clock.follow(wallMs, sinceStartMs, sinceStartMs);
  const before = clock.nowMs();
  const elapsedBefore = clock.elapsedMs();
  wallMs += hourMs;
  pass(10);
  expect(clock.nowMs()).toBe(before + 10);
  expect(clock.elapsedMs()).toBe(elapsedBefore + 10);
});

it('stays as it is as long as it fits a reading, so a slow answer does not make it jump', () => {
  const clock = new Clock();
  clock.follow(wallMs, sinceStartMs, sinceStartMs);
  const asked = sinceStartMs;
  const databaseMs = wallMs + 40;
  pass(900); // the answer needed that long
  clock.follow(databaseMs, asked, sinceStartMs);
  expect(clock.nowMs()).toBe(wallMs);
});

it('goes as far as a reading proves that it was wrong, forward and back', () => {
  const clock = new Clock();
  clock.follow(wallMs, sinceStartMs, sinceStartMs);
  for (const stepMs of [hourMs, -hourMs]) {
    const elapsedBefore = clock.elapsedMs();
    const asked = sinceStartMs;
    const databaseMs = wallMs + stepMs;
    pass(20);
    clock.follow(databaseMs, asked, sinceStartMs);
    const error = clock.nowMs() - (databaseMs + 20);
    expect(Math.abs(error)).toBeLessThanOrEqual(20);
    expect(clock.elapsedMs()).toBe(elapsedBefore + 20); // how long something is kept does not change
  }
});
