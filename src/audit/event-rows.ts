import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import type { AuditEvent } from './audit-event.js';

/** An event that waited to be written. */
export interface WaitingEvent {
  id: string;
  event: AuditEvent;
  /** How long ago it happened, in milliseconds. */
  ageMs: number;
}

const columns = Prisma.sql`id, created_at, event, actor_user_id, actor_client_id, subject_user_id, subject_client_id,
  session_id, ip, details`;

/**
 * Inserts events and does nothing else. `created_at` is the database's time at the start of the transaction that the action
 * is part of.
 */
@Injectable()
export class EventRows {
  constructor(
    @Inject(PrismaService) private readonly db: Pick<PrismaService, '$executeRaw'>,
    private readonly clock: Clock,
  ) {}

  /** Inserts one row for each row of `source` (at most one). Use it as a statement or as part of one. */
  insertion(id: string, event: AuditEvent, source: Prisma.Sql = Prisma.sql`(SELECT) AS act`): Prisma.Sql {
    return Prisma.sql`INSERT INTO audit_events (${columns})
      SELECT ${id}::uuid, ${databaseNow(this.clock)}, ${event.event}, ${event.actorUserId ?? null}::uuid,
        ${event.actorClientId ?? null}, ${event.subjectUserId ?? null}::uuid, ${event.subjectClientId ?? null},
        ${event.sessionId ?? null}::uuid, ${event.ip ?? null}, ${event.details ? JSON.stringify(event.details) : null}::jsonb
      FROM ${source}`;
  }

  /** One statement, however many events there are. */
  async insertAll(waiting: readonly WaitingEvent[]): Promise<void> {
    const rows = waiting.map(({ id, event, ageMs }) => ({ ...event, id, ageMs }));
    await this.db.$executeRaw`
      INSERT INTO audit_events (${columns})
      SELECT id, ${databaseNow(this.clock)} - "ageMs" * interval '1 millisecond', event, "actorUserId", "actorClientId",
        "subjectUserId", "subjectClientId", "sessionId", ip, details
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (id uuid, "ageMs" float8, event text, "actorUserId" uuid,
        "actorClientId" text, "subjectUserId" uuid, "subjectClientId" text, "sessionId" uuid, ip text, details jsonb)
      ON CONFLICT (id) DO NOTHING`;
  }
}
