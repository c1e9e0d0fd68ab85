/** How long the service waits for the database before it gives a request up. All in milliseconds. */
export interface TimeLimits {
  /** To get a connection from the pool, a new one included. */
  connectMs: number;
  /** For a row or advisory lock, and for a whole statement; PostgreSQL keeps both. */
  lockMs: number;
  statementMs: number;
  /** For an answer, counted here: ends the wait for a database that no longer says anything. */
  answerMs: number;
  /** An open transaction in which nothing happens. */
  idleTransactionMs: number;
}

/**
 * Shorter than the grace time of a refresh, so that a rotation that had to wait cannot act upon a grace time long over
 * (a grace time of 0 has nothing to protect).
 */
export function timeLimits(graceSeconds: number): TimeLimits {
  const graceMs = graceSeconds === 0 ? Infinity : graceSeconds * 1000;
  const statementMs = Math.round(Math.min(5000, graceMs / 3));
  return {
    connectMs: Math.round(Math.min(5000, graceMs / 4)),
    lockMs: Math.round(statementMs / 2),
    statementMs,
    answerMs: Math.round(statementMs * 1.2),
    idleTransactionMs: statementMs,
  };
}
