import { Prisma } from '../database/generated/client.js';

/**
 * How old a use must be before the list of sessions shows it. A thief who reads the list with a stolen token must not learn
 * that the owner was just here.
 *
 * Three columns make that possible without a history: `seen_at` is the last use, `pending_seen_at` an earlier one that is
 * not old enough yet, and `shown_seen_at` one that is.
 */
const age = Prisma.sql`interval '5 minutes'`;

/** SQL for the last use that may be shown at the instant `now`. */
export function shownUse(now: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`CASE
    WHEN ${now} - seen_at >= ${age} THEN seen_at
    WHEN ${now} - pending_seen_at >= ${age} THEN pending_seen_at
    ELSE shown_seen_at END`;
}

/** SQL that records a use at the instant `now` in the three columns. */
export function recordUse(now: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`seen_at = ${now}, shown_seen_at = ${shownUse(now)},
    pending_seen_at = CASE WHEN ${now} - pending_seen_at >= ${age} THEN ${now} ELSE pending_seen_at END`;
}
