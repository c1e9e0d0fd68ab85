import { isTooOld, retryDelaySeconds } from './retry-policy.js';

it.each([
  [1, 10],
  [2, 20],
  [3, 40],
  [9, 2560],
  [10, 3600],
  [1000, 3600],
])('after attempt %i the next one begins in %i seconds', (attempts, seconds) => {
  expect(retryDelaySeconds(attempts)).toBe(seconds);
});

it('an item is given up after a day, but not before its first attempt', () => {
  const day = 24 * 60 * 60;
  expect(isTooOld({ attempts: 2, ageSeconds: day - 1 })).toBe(false);
  expect(isTooOld({ attempts: 2, ageSeconds: day })).toBe(true);
  expect(isTooOld({ attempts: 1, ageSeconds: 10 * day })).toBe(false);
});
