import type { TestDatabase } from '../support/database.js';

/**
 * What PostgreSQL's own log says was asked of it while `work` ran: the statements of the service's connections, each from
 * its first word, on one line. Logging must have been switched on (`logStatements`) before the service connected.
 */
export async function statementsDuring(db: TestDatabase, work: () => Promise<unknown>): Promise<string[]> {
  const from = await logSize(db);
  await work();
  const [{ log } = { log: '' }] = await db.query<{ log: string }>(
    `SELECT convert_from(pg_read_binary_file($1, $2, 100000000), 'UTF8') AS log`,
    [logFile, from],
  );
  const pids = await servicePids(db);
  return Array.from(log.matchAll(/\[(\d+)\] LOG: {2}(?:statement|execute [^:]+):\s+(.*(?:\n\t.*)*)/g))
    .filter(([, pid]) => pids.has(Number(pid)))
    .map(([, , statement]) => statement!.trim().replace(/\s+/g, ' '));
}

/** For connections made from now on. */
export async function logStatements(db: TestDatabase): Promise<void> {
  await db.query(`ALTER DATABASE ${new URL(db.url).pathname.slice(1)} SET log_statement = 'all'`);
}

/** In the data directory of the tests' PostgreSQL, whose superuser we are. */
const logFile = 'server.log';

async function logSize(db: TestDatabase): Promise<string> {
  const [row] = await db.query<{ size: string }>('SELECT size FROM pg_stat_file($1)', [logFile]);
  return row!.size;
}

async function servicePids(db: TestDatabase): Promise<Set<number>> {
  const rows = await db.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pawl'`,
  );
  return new Set(rows.map(({ pid }) => pid));
}
