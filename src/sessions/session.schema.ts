import { z } from 'zod';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import type { SessionSummary } from './sessions.service.js';

export const SessionView = z
  .object({
    id: Id,
    client_id: z.string().meta({ description: 'The OAuth client that it belongs to.', example: 'pawl' }),
    client_name: z.string().nullable().meta({ description: 'Null if the client was deleted.', example: 'Pawl' }),
    created_at: Instant,
    last_used_at: Instant.meta({ description: 'Uses in the last five minutes are not shown yet.' }),
    expires_at: Instant,
    user_agent: z.string().nullable().meta({ example: 'Mozilla/5.0' }),
    ip: z.string().nullable().meta({ example: '203.0.113.7' }),
    current: z.boolean().meta({ description: 'Whether this session made the request.', example: true }),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

export const SessionList = z.object({ sessions: z.array(SessionView) }).meta({ id: 'SessionList' });

/** `clientNames` by client id. */
export function toSessionView(
  session: SessionSummary,
  currentSessionId: string | undefined,
  clientNames: ReadonlyMap<string, string>,
): SessionView {
  return {
    id: session.id,
    client_id: session.clientId,
    client_name: clientNames.get(session.clientId) ?? null,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    user_agent: session.userAgent,
    ip: session.ip,
    current: session.id === currentSessionId,
  };
}
