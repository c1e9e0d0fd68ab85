/** Timeouts of database work, in milliseconds. */
export interface TimeLimits {
  /** For a connection from the pool, including a new one. */
  connectMs: number;
  /** For a row or advisory lock, and for a whole statement. PostgreSQL enforces both. */
  lockMs: number;
  statementMs: number;
  /** For a response. Enforced here, for a database that hangs. */
  responseMs: number;
  /** For an open transaction that is idle. */
  idleTransactionMs: number;
  /** For a whole transaction of several statements, from its first one to its commit. */
  transactionMs: number;
}

/**
 * Each is shorter than half the grace time of a refresh. A rotation counts its grace time from the start of its statement,
 * so a statement that waits for the row uses some of it up: at most a third, since the response must arrive within the first
 * half. The wait for a connection comes before that and costs nothing of the grace time; it is limited so that connecting
 * and the statement together end within one grace time. What a wait does to a verdict is up to the ratchet, which refuses
 * requests that have become old (sessions/ratchet.ts). A whole transaction may take longer than one statement: no rotation is
 * part of one, and a statement that waits for its locks gives up after `lockMs`. A grace time of 0 has nothing to protect.
 */
export function timeLimits(graceSeconds: number): TimeLimits {
  const graceMs = graceSeconds === 0 ? Infinity : graceSeconds * 1000;
  const statementMs = Math.round(Math.min(5000, graceMs / 3));
  return {
    connectMs: Math.round(Math.min(5000, graceMs / 4)),
    lockMs: Math.round(statementMs / 2),
    statementMs,
    responseMs: Math.round(statementMs * 1.2),
    idleTransactionMs: statementMs,
    transactionMs: statementMs * 3,
  };
}
