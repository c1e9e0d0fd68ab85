import { z } from 'zod';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import type { Page } from '../common/pagination.js';
import { NextCursor, PageQuery } from '../common/pagination.js';
import type { OutboxRow } from '../mail/mail-outbox.js';

export const OutboxQuery = PageQuery.extend({
  sent: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: 'Only emails that were sent, or only those that wait.', enum: ['true', 'false'] }),
});
export type OutboxQuery = z.infer<typeof OutboxQuery>;

/** An email without its content, its link or its code: those are in the email itself and nowhere else. */
export const OutboxEmailView = z
  .object({
    id: Id,
    template: z.string().meta({ description: 'Which email it is (docs/mail.md).', example: 'verify_email' }),
    recipient: z.string().meta({ example: 'ada@example.com' }),
    user_id: Id.nullable().meta({ description: 'The user it is about, if the recipient does not say so.' }),
    state: z.enum(['waiting', 'sending', 'sent']),
    attempts: z.int().meta({ description: 'Attempts begun.', example: 1 }),
    created_at: Instant,
    next_attempt_at: Instant.nullable().meta({ description: 'When it is due. Null once it was sent.' }),
    sent_at: Instant.nullable(),
  })
  .meta({ id: 'OutboxEmail' });
export type OutboxEmailView = z.infer<typeof OutboxEmailView>;

export const OutboxList = z
  .object({ emails: z.array(OutboxEmailView), next_cursor: NextCursor })
  .meta({ id: 'OutboxList' });
export type OutboxList = z.infer<typeof OutboxList>;

export function toOutboxList({ rows, nextCursor }: Page<OutboxRow>): OutboxList {
  return { emails: rows.map(toOutboxEmailView), next_cursor: nextCursor };
}

function toOutboxEmailView(row: OutboxRow): OutboxEmailView {
  return {
    id: row.id,
    template: row.template,
    recipient: row.recipient,
    user_id: row.userId,
    state: row.state,
    attempts: row.attempts,
    created_at: row.createdAt.toISOString(),
    next_attempt_at: row.nextAttemptAt?.toISOString() ?? null,
    sent_at: row.sentAt?.toISOString() ?? null,
  };
}
