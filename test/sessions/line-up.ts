import pg from 'pg';
import type { TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

/** A row that a third connection locks, so that other writers must queue. */
export interface HeldRow {
  release(): Promise<void>;
}

/** `change` is committed when the row is unlocked. */
export async function holdRow(
  db: TestDatabase,
  table: 'sessions' | 'users',
  id: string,
  change = `SELECT FROM ${table} WHERE id = $1 FOR UPDATE`,
): Promise<HeldRow> {
  const holder = new pg.Client({ connectionString: db.url, application_name: 'holder' });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query(change, [id]);
  return {
    release: async () => {
      await holder.query('COMMIT');
      await holder.end();
    },
  };
}

/**
 * Starts one contender after the other, each when PostgreSQL says that all before it wait in the row's queue, then lets
 * the row go. PostgreSQL serves the queue in its order.
 */
export async function lineUp<Outcome>(
  db: TestDatabase,
  held: HeldRow,
  contenders: readonly (() => Promise<Outcome>)[],
): Promise<Outcome[]> {
  const running: Promise<Outcome>[] = [];
  for (const contend of contenders) {
    running.push(contend());
    await until(async () => (await waitingForLocks(db)).length === running.length);
  }
  await held.release();
  return Promise.all(running);
}

/** Process ids of the service's connections that wait for a lock. */
export async function waitingForLocks(db: TestDatabase): Promise<number[]> {
  const rows = await db.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'pawl' AND wait_event_type = 'Lock'`,
  );
  return rows.map(({ pid }) => pid);
}
