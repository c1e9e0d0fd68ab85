import { isDriverAdapterError } from '@prisma/driver-adapter-utils';

/** An error of PostgreSQL or the connection, as Prisma maps it (`MappedError` of @prisma/driver-adapter-utils). */
interface DriverError {
  kind: string;
  /** SQLSTATE; undefined if PostgreSQL did not answer. */
  originalCode?: string;
  constraint?: { index?: string };
}

/** A statement that bypassed Prisma's engine and failed with an error that the adapter does not map. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code: unknown;

  constructor(cause: Error) {
    super(cause.message, { cause });
    ({ code: this.code } = cause as { code?: unknown });
  }
}

/** The driver's error inside an error of Prisma's client, which keeps it in `meta`, or of its adapter, which does not. */
export function driverErrorOf(error: unknown): DriverError | undefined {
  if (isDriverAdapterError(error)) return error.cause as DriverError;
  const { meta } = (error ?? {}) as { meta?: { driverAdapterError?: { cause?: DriverError } } };
  return meta?.driverAdapterError?.cause;
}
