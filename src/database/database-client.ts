import pg from 'pg';
import { serverUrls } from '../config/database-url.js';

/** For one server to answer whether it takes writes. Below every timeout of a connection, so that a dead server costs no error. */
const probeTimeoutMs = 2000;

/**
 * A connection to the server that takes writes, wherever it is among the servers of a URL: a connection that is opened after a
 * failover leads to the new primary. The driver itself supports one server only.
 */
export class DatabaseClient extends pg.Client {
  private readonly servers: readonly string[];

  constructor(config: pg.ClientConfig & { connectionString: string }) {
    const servers = serverUrls(config.connectionString);
    super({ ...config, connectionString: servers[0]! });
    this.servers = servers;
    // A server may end a connection in the moment it is opened, before its user listens: that must not end this process. The
    // next statement fails.
    this.on('error', () => undefined);
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | void {
    if (!callback) return this.open();
    this.open().then(
      () => (callback as () => void)(),
      (error: unknown) => callback(error as Error),
    );
  }

  private async open(): Promise<pg.Client> {
    if (this.servers.length > 1) this.use(await primaryOf(this.servers));
    return super.connect();
  }

  private use(server: pg.Client): void {
    // The pool has given up meanwhile. Connecting would revive the socket, and nobody would close it.
    if (this.connection.stream.destroyed) throw new Error('Connection terminated before it was opened');
    Object.assign(this, { host: server.host, port: server.port });
  }
}

/** Servers that are being asked right now: connections that are opened together ask once. */
const asking = new Map<string, Promise<pg.Client>>();

function primaryOf(urls: readonly string[]): Promise<pg.Client> {
  const key = urls.join('\n');
  const known = asking.get(key);
  if (known) return known;
  const found = Promise.any(urls.map(assertPrimary))
    .catch((error: unknown) => Promise.reject(mostTelling((error as AggregateError).errors as Error[])))
    .finally(() => asking.delete(key));
  asking.set(key, found);
  return found;
}

/** Resolves with a closed client, whose host and port are the server's. */
async function assertPrimary(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: probeTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Also on during recovery, which a standby never leaves.
    const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
    if (rows[0]?.transaction_read_only !== 'off') throw new ReadOnlyServer();
    return client;
  } finally {
    client.end().catch(() => undefined);
  }
}

/** Has the SQLSTATE and the severity of a write that such a server refuses (PostgreSQL, appendix A). */
class ReadOnlyServer extends Error {
  readonly code = '25006';
  readonly severity = 'ERROR';

  constructor() {
    super('no server of the URL takes writes');
  }
}

/** A server's own refusal, such as of the password, before the silence of others. */
function mostTelling(errors: readonly Error[]): Error {
  const isRefusal = (error: Error) => /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '');
  return (
    errors.find((error) => isRefusal(error) && !(error instanceof ReadOnlyServer)) ??
    errors.find(isRefusal) ??
    errors[0]!
  );
}
