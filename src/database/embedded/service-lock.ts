import pg from 'pg';
import { advisoryLocks } from '../advisory-locks.js';

/**
 * Marks a server as in use by a running service, with an advisory lock that PostgreSQL releases when the service ends for
 * any reason. Returns false if another service holds it. Throws if the server does not answer. `onLost` is called when the
 * connection that holds the lock ends; usually the server has then ended too.
 */
export async function takeServiceLock(url: string, onLost: () => void): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'pawl-service',
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => undefined); // `end` follows
  try {
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      advisoryLocks.embeddedService,
    ]);
    const taken = rows[0]?.taken === true;
    if (taken) client.once('end', onLost);
    else await client.end();
    return taken;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
