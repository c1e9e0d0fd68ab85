import { OperatorError } from '../common/operator-error.js';
import { schemaOf } from './connection-url.js';
import { DatabaseClient } from './database-client.js';
import type { TimeLimits } from './time-limits.js';

interface Session {
  database: string;
  utc: boolean;
  iso: boolean;
  read_committed: boolean;
  /** Null if the search path names no schema that exists. */
  schema: string | null;
  /** In milliseconds; 0 for none. */
  statement_timeout: number;
  lock_timeout: number;
  idle_in_transaction_session_timeout: number;
}

/**
 * A pooler in transaction mode takes no start-up parameters, so Pawl cannot set the time format and the timeouts of its
 * sessions (pool-options.ts). They must be settings of the database. Throws an OperatorError with the missing statements.
 */
export async function checkPooledSession(pooledUrl: string, limits: TimeLimits): Promise<void> {
  const session = await readSession(pooledUrl);
  const settings = missingSettings(session, limits, schemaOf(pooledUrl));
  if (settings.length === 0) return;
  const statements = settings.map((setting) => `ALTER DATABASE "${session.database}" SET ${setting};`);
  throw new OperatorError(
    `With DATABASE_POOLED the database itself must have what Pawl otherwise sets for each connection. Run this, then let the pooler reconnect:\n${statements.join('\n')}`,
  );
}

/** As `name = value`. A timeout may be shorter than ours, but not longer (see `timeLimits`). */
export function missingSettings(session: Session, limits: TimeLimits, schema: string): string[] {
  const maxima = {
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    idle_in_transaction_session_timeout: limits.idleTransactionMs,
  };
  const names = Object.keys(maxima) as (keyof typeof maxima)[];
  return [
    ...(session.utc ? [] : [`timezone = 'UTC'`]),
    ...(session.iso ? [] : [`datestyle = 'ISO'`]),
    ...(session.read_committed ? [] : [`default_transaction_isolation = 'read committed'`]),
    ...(session.schema === schema ? [] : [`search_path = '"${schema}"'`]),
    ...names
      .filter((name) => session[name] === 0 || session[name] > maxima[name])
      .map((name) => `${name} = '${maxima[name]}ms'`),
  ];
}

async function readSession(url: string): Promise<Session> {
  const client = new DatabaseClient({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Session>(
      `SELECT current_database() AS database,
         extract(timezone FROM now()) = 0 AND extract(timezone FROM now() + interval '6 months') = 0 AS utc,
         current_setting('DateStyle') LIKE 'ISO%' AS iso, current_schema() AS schema,
         current_setting('default_transaction_isolation') = 'read committed' AS read_committed,
         (SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout') AS statement_timeout,
         (SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout') AS lock_timeout,
         (SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout')
           AS idle_in_transaction_session_timeout`,
    );
    return rows[0]!;
  } finally {
    await client.end();
  }
}
