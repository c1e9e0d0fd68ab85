import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { OperatorError } from '../common/operator-error.js';
import { sessionUrl } from './connection-url.js';
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
  const client = new pg.Client({ connectionString: sessionUrl(url), connectionTimeoutMillis: connectTimeoutMs });
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

/** The certificate is not trusted, or the server does not support the TLS that the URL asks for. */
function isTlsRefusal(error: NodeJS.ErrnoException): boolean {
  return /CERT|SELF_SIGNED|ERR_TLS/.test(error.code ?? '') || /does not support SSL/.test(error.message);
}
