import { Prisma } from './generated/client.js';

/**
 * The current time as SQL: the database's clock plus the offset that tests move. Instants are compared in the database only,
 * so that the clocks of two machines are never compared. `clock` is the Clock, or has the place of its offset in a prepared
 * statement.
 */
export function databaseNow(clock: { readonly offsetMs: unknown }): Prisma.Sql {
  return Prisma.sql`(now() + ${clock.offsetMs}::float8 * interval '1 millisecond')`;
}
