import { isDriverAdapterError } from '@prisma/driver-adapter-utils';

/** What PostgreSQL or the connection said, in Prisma's words (`MappedError` of @prisma/driver-adapter-utils). */
interface DriverError {
  kind: string;
  /** SQLSTATE, where PostgreSQL answered at all. */
  originalCode?: string;
  constraint?: { index?: string };
}

/** What failed past Prisma's engine and is not in its words: a mark that it was a statement, as `clientVersion` is Prisma's. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code: unknown;

  constructor(cause: Error) {
    super(cause.message, { cause });
    ({ code: this.code } = cause as { code?: unknown });
  }
}

/** Prisma wraps every error of a statement, model call or raw, and keeps the driver's in `meta`; its adapter does not. */
export function driverErrorOf(error: unknown): DriverError | undefined {
  if (isDriverAdapterError(error)) return error.cause as DriverError;
  const { meta } = (error ?? {}) as { meta?: { driverAdapterError?: { cause?: DriverError } } };
  return meta?.driverAdapterError?.cause;
}
