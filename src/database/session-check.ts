import { randomUUID } from 'node:crypto';
import { OperatorError } from '../common/operator-error.js';
import { sessionUrl } from './connection-url.js';
import { DatabaseClient } from './database-client.js';

const probe = 'pawl.session';

/**
 * Throws an OperatorError if a pooler drops the start-up parameters of connections. Statements would then fail at random
 * under load, because the sessions of a pooler in transaction mode are shared.
 */
export async function assertSessionSettingsArrive(url: string): Promise<void> {
  const value = randomUUID();
  const client = new DatabaseClient({ connectionString: sessionUrl(url, { [probe]: value }) });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ value: string | null }>('SELECT current_setting($1, true) AS value', [probe]);
    if (rows[0]?.value !== value) throw poolerInTheWay('drops');
  } catch (error) {
    throw isRejectedParameter(error) ? poolerInTheWay('rejects') : error;
  } finally {
    await client.end();
  }
}

/** What PgBouncer and its like say to start-up parameters that they do not know. */
export function isRejectedParameter(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}

/** A pooler in transaction mode is not configured as such. */
export function poolerInTheWay(what: 'drops' | 'rejects'): OperatorError {
  return new OperatorError(
    `DATABASE_URL leads to a pooler that ${what} the settings of a connection: set DATABASE_POOLED=on, and DATABASE_DIRECT_URL to the same database without the pooler.`,
  );
}
