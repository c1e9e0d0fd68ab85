import { backOffSeconds } from './back-off.js';

const policy = { freeFailures: 5, maxDelaySeconds: 900 };

it.each([
  [1, 0],
  [4, 0],
  [5, 1],
  [6, 2],
  [7, 4],
  [14, 512],
  [15, 900],
  [100, 900],
  [1_000_000, 900],
])('after %i wrong passwords an account refuses for %i seconds', (failures, seconds) => {
  expect(backOffSeconds(failures, policy)).toBe(seconds);
});

it('a day of guessing without a pause is some hundred guesses', () => {
  let [guesses, seconds] = [0, 0];
  while (seconds < 86_400) seconds += backOffSeconds(++guesses, policy);
  expect(guesses).toBeLessThan(115);
});
