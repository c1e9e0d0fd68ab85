import { timeLimits } from './time-limits.js';

it.each([30, 10, 3, 1])('every wait ends within a grace time of %d s', (graceSeconds) => {
  const { connectMs, lockMs, statementMs, responseMs, idleTransactionMs, transactionMs } = timeLimits(graceSeconds);
  const graceMs = graceSeconds * 1000;
  expect(Math.max(connectMs, lockMs, statementMs, responseMs, idleTransactionMs)).toBeLessThan(graceMs / 2);
  expect(connectMs + responseMs).toBeLessThan(graceMs);
  expect(lockMs).toBeLessThan(statementMs);
  expect(statementMs).toBeLessThan(responseMs);
  expect(responseMs).toBeLessThan(transactionMs);
});

it('a grace time of 0 has nothing to protect', () => {
  expect(timeLimits(0)).toEqual(timeLimits(600));
});
