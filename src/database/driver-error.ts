import { isDriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** An error of PostgreSQL or the connection, as Prisma maps it (`MappedError` of @prisma/driver-adapter-utils). */
interface DriverError {
  kind: string;
  /** SQLSTATE; undefined if PostgreSQL did not answer. */
  originalCode?: string;
  constraint?: { index?: string };
}

/** A statement that bypassed Prisma's engine and its adapter failed. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  /** SQLSTATE, or the code of an error of the network or of TLS. */
  readonly code: unknown;
  /** PostgreSQL refused the statement. Otherwise there was no response, or a fault of ours. */
  readonly refused: boolean;

  constructor(cause: Error) {
    super(cause.message, { cause });
    ({ code: this.code } = cause as { code?: unknown });
    this.refused = cause instanceof pg.DatabaseError;
  }
}

/** The driver's error inside an error of Prisma's client, which keeps it in `meta`, or of its adapter, which does not. */
export function driverErrorOf(error: unknown): DriverError | undefined {
  if (isDriverAdapterError(error)) return error.cause as DriverError;
  const { meta } = (error ?? {}) as { meta?: { driverAdapterError?: { cause?: DriverError } } };
  return meta?.driverAdapterError?.cause;
}
