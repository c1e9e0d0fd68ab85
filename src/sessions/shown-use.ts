import { Prisma } from '../database/generated/client.js';

/**
 * When a session was last used, as its user may see it: with a delay of five minutes, since a thief who reads the list
 * with a stolen token must not learn when the owner has just been here. Three columns make that possible without a
 * history: `seen_at`, the last use; `pending_seen_at`, an earlier one that has yet to become old enough; and
 * `shown_seen_at`, one that has been. Each is at most one use behind, however often the session is used.
 */
const age = Prisma.sql`interval '5 minutes'`;

/** The last use that may be shown at the instant `now`. */
export function shownUse(now: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`CASE
    WHEN ${now} - seen_at >= ${age} THEN seen_at
    WHEN ${now} - pending_seen_at >= ${age} THEN pending_seen_at
    ELSE shown_seen_at END`;
}

/** What a use at the instant `now` assigns to the three columns. */
export function recordUse(now: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`seen_at = ${now}, shown_seen_at = ${shownUse(now)},
    pending_seen_at = CASE WHEN ${now} - pending_seen_at >= ${age} THEN ${now} ELSE pending_seen_at END`;
}
