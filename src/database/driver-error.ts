/** What PostgreSQL or the connection said, in Prisma's words (`MappedError` of @prisma/driver-adapter-utils). */
interface DriverError {
  kind: string;
  /** SQLSTATE, where PostgreSQL answered at all. */
  originalCode?: string;
  constraint?: { index?: string };
}

/** Prisma wraps every error of a statement, model call or raw, and keeps the driver's in `meta`. */
export function driverErrorOf(error: unknown): DriverError | undefined {
  const { meta } = (error ?? {}) as { meta?: { driverAdapterError?: { cause?: DriverError } } };
  return meta?.driverAdapterError?.cause;
}
