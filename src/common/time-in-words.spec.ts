import { timeInWords } from './time-in-words.js';

const now = new Date('2026-11-21T12:00:00Z');

describe('a time in words', () => {
  it.each<[number, string]>([
    [0, 'now'],
    [0.9, 'now'],
    [-0.9, 'now'],
    [1, 'in 1 second'],
    [-1, '1 second ago'],
    [-119, '119 seconds ago'],
    [-180, '3 minutes ago'],
    [-239, '3 minutes ago'],
    [2 * 60 * 60, 'in 2 hours'],
    [47 * 60 * 60, 'in 47 hours'],
    [27 * 24 * 60 * 60 + 5, 'in 27 days'],
    [-800 * 24 * 60 * 60, '2 years ago'],
  ])('%d seconds from now: %s', (seconds, words) => {
    expect(timeInWords(new Date(now.getTime() + seconds * 1000), now)).toBe(words);
  });
});
