import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Page, PageQuery } from '../common/pagination.js';
import { toPage } from '../common/pagination.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import type { AuditDetails, AuditEventName } from './audit-event.js';

/** An event as it was stored. */
export interface StoredAuditEvent {
  id: string;
  createdAt: Date;
  /** One of AuditEventName, or a name that only older versions used. */
  event: string;
  actorUserId: string | null;
  actorClientId: string | null;
  subjectUserId: string | null;
  subjectClientId: string | null;
  sessionId: string | null;
  ip: string | null;
  details: AuditDetails | null;
  /** Null until it is sealed. */
  batchId: bigint | null;
}

export interface AuditFilter extends PageQuery {
  event?: AuditEventName;
  actor?: string;
  subject?: string;
  session?: string;
  /** Inclusive. */
  from?: Date;
  /** Exclusive. */
  until?: Date;
}

/** Selects a `StoredAuditEvent`. */
export const storedColumns = Prisma.sql`id, created_at AS "createdAt", event, actor_user_id AS "actorUserId",
  actor_client_id AS "actorClientId", subject_user_id AS "subjectUserId", subject_client_id AS "subjectClientId",
  session_id AS "sessionId", ip, details, batch_id AS "batchId"`;

/**
 * Users see these only after the delay, as in the list of sessions (sessions/shown-use.ts): a thief who reads along must
 * not learn that the owner is active right now.
 */
const delayedEvents = ['session.recovered', 'session.ahead'] satisfies AuditEventName[];
const delay = Prisma.sql`interval '5 minutes'`;

/** Ids hold the time of an instance's clock, `created_at` the database's. They differ by less than this. */
const clockDifferenceMs = 24 * 60 * 60 * 1000;

/** Reads the trail. Every list reads one index, so it stays fast however long the trail is. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  /** Newest first. */
  async page({
    event,
    actor,
    subject,
    session,
    from,
    until,
    cursor,
    limit,
  }: AuditFilter): Promise<Page<StoredAuditEvent>> {
    const conditions = [
      event !== undefined && Prisma.sql`event = ${event}`,
      actor !== undefined && Prisma.sql`actor_user_id = ${actor}::uuid`,
      subject !== undefined && Prisma.sql`subject_user_id = ${subject}::uuid`,
      session !== undefined && Prisma.sql`session_id = ${session}::uuid`,
      from && Prisma.sql`created_at >= ${from} AND id >= ${firstIdOf(from.getTime() - clockDifferenceMs)}::uuid`,
      until && Prisma.sql`created_at < ${until} AND id < ${firstIdOf(until.getTime() + clockDifferenceMs)}::uuid`,
      cursor !== undefined && Prisma.sql`id < ${cursor}::uuid`,
    ].filter((condition) => condition instanceof Prisma.Sql);
    const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty;
    const read = await this.db.$queryRaw<StoredAuditEvent[]>`
      SELECT ${storedColumns} FROM audit_events ${where} ORDER BY id DESC LIMIT ${limit + 1}::int`;
    return toPage(read, limit);
  }

  /** What happened to the user, and what the user did. Newest first. */
  async activityOf(userId: string, { cursor, limit }: PageQuery): Promise<Page<StoredAuditEvent>> {
    const before = cursor === undefined ? Prisma.empty : Prisma.sql`AND id < ${cursor}::uuid`;
    const shown = Prisma.sql`(event NOT IN (${Prisma.join(delayedEvents)})
      OR created_at <= ${databaseNow(this.clock)} - ${delay}) ${before} ORDER BY id DESC LIMIT ${limit + 1}::int`;
    const read = await this.db.$queryRaw<StoredAuditEvent[]>`
      SELECT * FROM (
        (SELECT ${storedColumns} FROM audit_events WHERE subject_user_id = ${userId}::uuid AND ${shown})
        UNION ALL
        (SELECT ${storedColumns} FROM audit_events
         WHERE actor_user_id = ${userId}::uuid AND subject_user_id IS DISTINCT FROM ${userId}::uuid AND ${shown})
      ) AS own
      ORDER BY id DESC LIMIT ${limit + 1}::int`;
    return toPage(read, limit);
  }
}

/** The smallest UUID version 7 of a millisecond since 1970. */
function firstIdOf(ms: number): string {
  const hex = Math.min(Math.max(ms, 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
