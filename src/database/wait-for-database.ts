import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../common/operator-error.js';
import { sessionUrl } from './connection-url.js';
import { DatabaseClient } from './database-client.js';
import { isRejectedParameter, poolerInTheWay } from './session-check.js';
import type { StartLog } from './start-log.js';

const connectTimeoutMs = 5000;
const retryMs = 500;
const warnEveryMs = 5000;

/** SQLSTATEs that waiting does not change: wrong password, user not allowed, unknown database. */
const refusals: ReadonlySet<unknown> = new Set(['28P01', '28000', '3D000', '42501']);

/**
 * Resolves when the database accepts connections. Waits up to `timeoutSeconds` for one that is not reachable. The messages
 * contain neither the address nor the password.
 */
export async function waitForDatabase(url: string, timeoutSeconds: number, log: StartLog): Promise<void> {
  const startedAt = Date.now();
  let warnedAt = -Infinity;
  for (;;) {
    const error = await tryConnecting(url);
    if (!error) return;
    const reason = error.message || error.code;
    if (isRejectedParameter(error)) throw poolerInTheWay('rejects');
    if (refusals.has(error.code) || isTlsRefusal(error)) {
      throw new OperatorError(`The database refuses the connection: ${reason}. Correct DATABASE_URL, or the database.`);
    }
    if (Date.now() - startedAt + retryMs > timeoutSeconds * 1000) {
      throw new OperatorError(
        `The database did not answer within ${timeoutSeconds} s (${reason}): start it, or correct DATABASE_URL.`,
      );
    }
    if (Date.now() - warnedAt >= warnEveryMs) {
      log.warn(`Waiting for the database: ${reason}.`);
      warnedAt = Date.now();
    }
    await sleep(retryMs);
  }
}

async function tryConnecting(url: string): Promise<NodeJS.ErrnoException | undefined> {
  const client = clientFor(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Reads the files that the URL names. */
function clientFor(url: string): DatabaseClient {
  try {
    return new DatabaseClient({ connectionString: sessionUrl(url), connectionTimeoutMillis: connectTimeoutMs });
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (path === undefined) throw error;
    throw new OperatorError(`DATABASE_URL names the file ${path}, which cannot be read (${code}): correct the path.`);
  }
}

/** The certificate is not trusted, or the server does not support the TLS that the URL asks for. */
function isTlsRefusal(error: NodeJS.ErrnoException): boolean {
  return (
    /CERT|VERIFY|SIGNATURE|INVALID_CA|ERR_TLS|ERR_SSL/.test(error.code ?? '') ||
    /does not support SSL/.test(error.message)
  );
}
