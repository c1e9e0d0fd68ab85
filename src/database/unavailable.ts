import { driverErrorOf, StatementError } from './driver-error.js';

/** The kinds and SQLSTATEs (PostgreSQL's appendix A) that say: not now. The statement itself was good. */
const unavailableKinds: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TlsConnectionError',
  'AuthenticationFailed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
]);
const unavailableStates: ReadonlySet<string> = new Set([
  '25006', // a replica, which a failover has left us connected to, takes no writes
  '25P03', // idle_in_transaction_session_timeout
  '40001', // serialization failure
  '40P01', // deadlock: the others went on
  '55P03', // lock_timeout
  '57014', // statement_timeout
  '57P01', // the server is being shut down
  '57P02',
  '57P03', // or is starting
  '57P05', // idle_session_timeout
]);
/** Connection exceptions (a pooler's own among them), and insufficient resources. */
const unavailableClasses: ReadonlySet<string> = new Set(['08', '53']);

/** What `pg` and the network say, which Prisma hands on as it is. */
const unavailableMessages =
  /^(timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client (has encountered a connection error|was closed) and is not queryable)/;
const networkCodes: ReadonlySet<unknown> = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
);

/** Prisma waited too long for a connection, or a transaction took too long. */
const prismaTimeouts: ReadonlySet<unknown> = new Set(['P2024', 'P2028']);

/** Whether the database could not be asked, or did not answer in time: worth another try, and a 503 until then. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const driverError = driverErrorOf(error);
  if (driverError) {
    const state = driverError.originalCode ?? '';
    return (
      unavailableKinds.has(driverError.kind) ||
      unavailableStates.has(state) ||
      unavailableClasses.has(state.slice(0, 2))
    );
  }
  if (unavailableMessages.test(error.message)) return true;
  const { code, clientVersion } = error as { code?: unknown; clientVersion?: unknown };
  // `clientVersion` is Prisma's mark: a mail server that is away is not the database.
  const isOfDatabase = clientVersion !== undefined || error instanceof StatementError;
  return isOfDatabase && (prismaTimeouts.has(code) || networkCodes.has(code));
}

/** Whether a row was refused because another has the same value; `constraint` by its name in schema.prisma. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const driverError = driverErrorOf(error);
  return driverError?.kind === 'UniqueConstraintViolation' && driverError.constraint?.index === constraint;
}

/** Whether a row was refused because the row it refers to is gone. */
export function isForeignKeyViolation(error: unknown): boolean {
  return driverErrorOf(error)?.kind === 'ForeignKeyConstraintViolation';
}
