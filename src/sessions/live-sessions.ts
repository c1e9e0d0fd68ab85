import { Prisma } from '../database/generated/client.js';

/** How many more sessions than MAX_SESSIONS_PER_USER are read: the limit may have been lowered, or sign-ins race. */
export const readBeyondLimit = 1000;

/**
 * SQL for the sessions of a user, but `except`, that are not revoked and end after `after`: at most `limit`, those that end last.
 * The order and the limit make PostgreSQL read `sessions_live_idx` from its end. It overestimates how many of these a user with
 * very many ended sessions has, and would otherwise read those of everybody.
 */
export function liveSessionsOf(userId: string, after: Prisma.Sql, limit: number, except?: string): Prisma.Sql {
  const others = except === undefined ? Prisma.empty : Prisma.sql`AND id <> ${except}::uuid`;
  return Prisma.sql`
    SELECT * FROM sessions WHERE user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > ${after} ${others}
    ORDER BY expires_at DESC LIMIT ${limit}::int`;
}
