import type { Clock } from '../common/clock.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import type { PrismaService } from '../database/prisma.service.js';
import type { RevocationRow } from './revocation-message.js';
import type { RevocableToken } from './revoked-tokens.js';

/** A committed row: the trigger has numbered it. */
export type NumberedRow = RevocationRow & { position: number };

/** How long a revoked key is kept: as long as in `signing_keys`. */
export const keptKeySeconds = 30 * 24 * 60 * 60;

/**
 * Reads what still matters from a position on, in the order of commits. The row at the position itself comes first, however
 * old, so that the caller recognises the database.
 */
export async function readRevocations(
  db: PrismaService,
  clock: Clock,
  { position, lifetimeSeconds }: { position: number; lifetimeSeconds: number },
): Promise<NumberedRow[]> {
  return withoutNulls(
    await db.$queryRaw`
      SELECT ${columns} FROM revocations
      WHERE position >= ${position}::bigint
        AND (${recent(clock, lifetimeSeconds)} OR kid IS NOT NULL OR position = ${position}::bigint)
      ORDER BY position`,
  );
}

/** Reads what may refuse the token. */
export async function readRevocationsAbout(
  db: PrismaService,
  clock: Clock,
  { userId, sessionId, clientId }: RevocableToken,
  lifetimeSeconds: number,
): Promise<NumberedRow[]> {
  const ofUser = Prisma.sql`user_id = ${userId ?? null}::uuid`;
  const ofClient = Prisma.sql`user_id IS NULL AND (client_id = ${clientId} OR session_id = ${sessionId}::uuid)`;
  return withoutNulls(
    await db.$queryRaw`
      SELECT ${columns} FROM revocations
      WHERE (${ofUser} OR ${ofClient}) AND ${recent(clock, lifetimeSeconds)}`,
  );
}

/** Leaves revoked keys for longer. */
export async function deleteOldRevocations(db: PrismaService, clock: Clock, keptSeconds: number): Promise<void> {
  await db.$executeRaw`
    DELETE FROM revocations
    WHERE NOT ${recent(clock, keptSeconds)} AND (kid IS NULL OR NOT ${recent(clock, keptKeySeconds)})`;
}

const columns = Prisma.sql`position::float8 AS position, user_id AS "userId", session_id AS "sessionId",
  min_epoch AS "minEpoch", client_id AS "clientId", kid, floor(extract(epoch FROM revoked_at) * 1000)::float8 AS "atMs"`;

function recent(clock: Clock, seconds: number): Prisma.Sql {
  return Prisma.sql`revoked_at > ${databaseNow(clock)} - ${seconds}::float8 * interval '1 second'`;
}

type NullableColumns = { [Column in keyof NumberedRow]: NumberedRow[Column] | null };

function withoutNulls(rows: NullableColumns[]): NumberedRow[] {
  return rows.map(
    (row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as NumberedRow,
  );
}
