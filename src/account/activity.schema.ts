import { z } from 'zod';
import type { StoredAuditEvent } from '../audit/audit-trail.js';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import type { Page } from '../common/pagination.js';
import { NextCursor } from '../common/pagination.js';

export const ActivityView = z
  .object({
    id: Id,
    event: z.string().meta({ example: 'user.signed_in' }),
    created_at: Instant,
    by: z.enum(['you', 'admin', 'client', 'unknown']).meta({
      description: 'Who did it; `unknown` if nobody was authenticated, as with a wrong password.',
    }),
    user_id: Id.nullable().meta({ description: 'The other user, if you did it to somebody else.', example: null }),
    client_id: z.string().nullable().meta({ description: 'The OAuth client that it is about, if any.', example: null }),
    session_id: Id.nullable().meta({ description: 'The session that it is about.' }),
    ip: z.string().nullable().meta({
      description: 'Where the request came from; null if an admin or a client made it.',
      example: '203.0.113.7',
    }),
    details: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .meta({ description: 'Further facts about the event.', example: {} }),
  })
  .meta({ id: 'Activity' });
export type ActivityView = z.infer<typeof ActivityView>;

export const ActivityList = z
  .object({ events: z.array(ActivityView), next_cursor: NextCursor })
  .meta({ id: 'ActivityList' });
export type ActivityList = z.infer<typeof ActivityList>;

/** As the user may see it: without the ids and addresses of admins. */
export function toActivityList(userId: string, { rows, nextCursor }: Page<StoredAuditEvent>): ActivityList {
  return { events: rows.map((row) => toActivityView(userId, row)), next_cursor: nextCursor };
}

function toActivityView(userId: string, row: StoredAuditEvent): ActivityView {
  const by = actorOf(userId, row);
  return {
    id: row.id,
    event: row.event,
    created_at: row.createdAt.toISOString(),
    by,
    user_id: row.subjectUserId === userId ? null : row.subjectUserId,
    client_id: row.subjectClientId ?? row.actorClientId,
    session_id: row.sessionId,
    ip: by === 'you' || by === 'unknown' ? row.ip : null,
    details: { ...row.details },
  };
}

function actorOf(userId: string, { actorUserId, actorClientId }: StoredAuditEvent): ActivityView['by'] {
  if (actorUserId === userId) return 'you';
  if (actorUserId !== null) return 'admin';
  return actorClientId === null ? 'unknown' : 'client';
}
