import { parseDurationSeconds } from './setting-types.js';

it.each([
  ['0s', 0],
  ['10s', 10],
  ['15m', 15 * 60],
  ['12h', 12 * 60 * 60],
  ['30d', 30 * 24 * 60 * 60],
  ['15', undefined],
  ['15 m', undefined],
  ['-5m', undefined],
  ['1.5h', undefined],
  ['15M', undefined],
  ['2w', undefined],
  ['1h30m', undefined],
  ['', undefined],
])('the duration %j is %s seconds', (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds);
});
