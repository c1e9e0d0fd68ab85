import { timeLimits } from './time-limits.js';

it.each([30, 10, 3, 1])('every wait ends within a grace time of %d s', (graceSeconds) => {
  const { connectMs, lockMs, statementMs, answerMs, idleTransactionMs } = timeLimits(graceSeconds);
  const graceMs = graceSeconds * 1000;
  expect(Math.max(connectMs, lockMs, statementMs, answerMs, idleTransactionMs)).toBeLessThan(graceMs / 2);
  expect(connectMs + answerMs).toBeLessThan(graceMs);
  expect(lockMs).toBeLessThan(statementMs);
  expect(statementMs).toBeLessThan(answerMs);
});

it('a grace time of 0 has nothing to protect', () => {
  expect(timeLimits(0)).toEqual(timeLimits(600));
});
