import { z } from 'zod';
import { auditEventNames } from '../audit/audit-event.js';
import type { StoredAuditEvent } from '../audit/audit-trail.js';
import { Id } from '../common/ids.js';
import { Instant, StorableInstant } from '../common/instant.js';
import type { Page } from '../common/pagination.js';
import { NextCursor, PageQuery } from '../common/pagination.js';

// No examples here, because Swagger UI would send them as filters.
const UserId = z.guid().toLowerCase().optional().meta({ format: 'uuid' });
const Moment = StorableInstant.transform((text) => new Date(text)).optional();

export const AuditQuery = PageQuery.extend({
  event: z.enum(auditEventNames).optional().meta({ description: 'Only events with this name.' }),
  actor: UserId.meta({ description: 'Only events that this user caused.', format: 'uuid' }),
  subject: UserId.meta({ description: 'Only events that happened to this user.', format: 'uuid' }),
  session: UserId.meta({ description: 'Only events that happened to this session.', format: 'uuid' }),
  from: Moment.meta({ description: 'Only events from this instant on.', type: 'string', format: 'date-time' }),
  until: Moment.meta({ description: 'Only events before this instant.', type: 'string', format: 'date-time' }),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

export const AuditEventView = z
  .object({
    id: Id,
    event: z.string().meta({ example: 'user.signed_in' }),
    created_at: Instant,
    actor_user_id: Id.nullable().meta({ description: 'The user who acted; null if no user was authenticated.' }),
    actor_client_id: z.string().nullable().meta({ description: 'The OAuth client that acted.', example: null }),
    subject_user_id: Id.nullable().meta({ description: 'The user it happened to.' }),
    subject_client_id: z.string().nullable().meta({ description: 'The OAuth client it happened to.', example: null }),
    session_id: Id.nullable().meta({ description: 'The session it happened to.' }),
    ip: z.string().nullable().meta({ description: 'Where the request came from.', example: '203.0.113.7' }),
    details: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .meta({ description: 'Further facts about the event.', example: { reason: 'logout' } }),
    batch: z
      .int()
      .nullable()
      .meta({ description: 'The sealed batch that contains it; null until it is sealed.', example: 42 }),
  })
  .meta({ id: 'AuditEvent' });
export type AuditEventView = z.infer<typeof AuditEventView>;

export const AuditEventList = z
  .object({ events: z.array(AuditEventView), next_cursor: NextCursor })
  .meta({ id: 'AuditEventList' });
export type AuditEventList = z.infer<typeof AuditEventList>;

export function toAuditEventList({ rows, nextCursor }: Page<StoredAuditEvent>): AuditEventList {
  return { events: rows.map(toAuditEventView), next_cursor: nextCursor };
}

function toAuditEventView(row: StoredAuditEvent): AuditEventView {
  return {
    id: row.id,
    event: row.event,
    created_at: row.createdAt.toISOString(),
    actor_user_id: row.actorUserId,
    actor_client_id: row.actorClientId,
    subject_user_id: row.subjectUserId,
    subject_client_id: row.subjectClientId,
    session_id: row.sessionId,
    ip: row.ip,
    details: { ...row.details },
    batch: row.batchId === null ? null : Number(row.batchId),
  };
}
