import type { Clock } from '../common/clock.js';
import { Prisma } from './generated/client.js';

/**
 * The current time as SQL: the database's clock plus the offset that tests move. Instants are compared in the database only,
 * so that the clocks of two machines are never compared.
 */
export function databaseNow(clock: Clock): Prisma.Sql {
  return Prisma.sql`(now() + ${clock.offsetMs}::float8 * interval '1 millisecond')`;
}
