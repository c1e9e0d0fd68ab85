import type { Clock } from '../common/clock.js';
import { Prisma } from './generated/client.js';

/**
 * The time for SQL: the database's clock plus the offset that tests move. Times are judged in the database only, so that
 * two machines' clocks are never compared.
 */
export function databaseNow(clock: Clock): Prisma.Sql {
  return Prisma.sql`(now() + ${clock.offsetMs}::float8 * interval '1 millisecond')`;
}
