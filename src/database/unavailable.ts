import { driverErrorOf, StatementError } from './driver-error.js';

/** The kinds and SQLSTATEs (PostgreSQL, appendix A) of failures that may pass by themselves: the statement was not at fault. */
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
  '25006', // after a failover we are still connected to a replica, which takes no writes
  '25P03', // idle_in_transaction_session_timeout
  '40001', // serialization failure
  '40P01', // deadlock: the other transaction continued
  '55P03', // lock_timeout
  '57014', // statement_timeout
  '57P01', // the server is being shut down
  '57P02',
  '57P03', // the server is starting
  '57P05', // idle_session_timeout
]);
/** Connection exceptions, including those of a pooler, insufficient resources, and errors of the server's disk or system. */
const unavailableClasses: ReadonlySet<string> = new Set(['08', '53', '58']);

/** A new connection of a pool that has worked before: no such role, or not from here; wrong password; no such database. */
const connectionRefusals: ReadonlySet<unknown> = new Set(['28000', '28P01', '3D000']);

/** Errors of `pg` and the network, which Prisma does not map. */
const unavailableMessages =
  /^(timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client (has encountered a connection error|was closed) and is not queryable)/;
const networkCodes: ReadonlySet<unknown> = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
);

/** Prisma timed out waiting for a connection, or a transaction took too long. */
const prismaTimeouts: ReadonlySet<unknown> = new Set(['P2024', 'P2028']);

/** Whether the database was not reachable or did not answer in time. A retry may succeed; until then the response is 503. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const driverError = driverErrorOf(error);
  if (driverError) {
    return unavailableKinds.has(driverError.kind) || isUnavailableState(driverError.originalCode ?? '');
  }
  if (error instanceof StatementError) return isUnavailable(error);
  if (unavailableMessages.test(error.message)) return true;
  const { code, clientVersion } = error as { code?: unknown; clientVersion?: unknown };
  // Only Prisma's errors have `clientVersion`: a network error of a mail server does not concern the database.
  return clientVersion !== undefined && (prismaTimeouts.has(code) || networkCodes.has(code));
}

function isUnavailable({ refused, code, message, cause }: StatementError): boolean {
  if (refused) return isUnavailableState(String(code)) || connectionRefusals.has(code);
  // A TypeError is a fault of ours, not of the network or of TLS.
  return unavailableMessages.test(message) || (code !== undefined && !(cause instanceof TypeError));
}

/** The same for an error of any connection that the start opens, also past Prisma. */
export function mayPassByItself(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return isDatabaseUnavailable(error) || networkCodes.has(code) || isUnavailableState(String(code));
}

function isUnavailableState(state: string): boolean {
  return unavailableStates.has(state) || unavailableClasses.has(state.slice(0, 2));
}

/** Whether a unique constraint rejected a row. `constraint` is its name in schema.prisma. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const driverError = driverErrorOf(error);
  return driverError?.kind === 'UniqueConstraintViolation' && driverError.constraint?.index === constraint;
}

/** Whether a row was rejected because the row it refers to is gone. */
export function isForeignKeyViolation(error: unknown): boolean {
  return driverErrorOf(error)?.kind === 'ForeignKeyConstraintViolation';
}
