import { createHash } from 'node:crypto';
import type { Retention } from './retention.js';
import type { RevocationRow } from './revocation-message.js';

/** A committed revocation as followers of the feed receive it, serialised once. */
export interface LoggedRevocation {
  readonly position: number;
  /** Names this revocation and its place in the order of commits. */
  readonly cursor: string;
  /** What was revoked, and when. */
  readonly json: string;
  /** The same as a server-sent event. */
  readonly event: Buffer;
  /** How long followers need it. */
  readonly kept: Retention;
}

/** A position, and a digest of what was revoked there, so that a cursor of another database is not mistaken for ours. */
const cursorShape = /^(\d{1,15})-[\w-]{8}$/;
const digestCharacters = 8;

export function toLogged(row: RevocationRow & { position: number }, kept: Retention): LoggedRevocation {
  const json = JSON.stringify({ ...subjectOf(row), at: new Date(row.atMs ?? 0).toISOString() });
  const digest = createHash('sha256').update(`${row.position} ${json}`).digest('base64url').slice(0, digestCharacters);
  const cursor = `${row.position}-${digest}`;
  return { position: row.position, cursor, json, event: Buffer.from(`id: ${cursor}\ndata: ${json}\n\n`), kept };
}

/** Returns undefined if the text is not a cursor. */
export function positionOfCursor(cursor: string): number | undefined {
  const position = cursorShape.exec(cursor)?.[1];
  return position === undefined ? undefined : Number(position);
}

/** The names that followers read. A constraint of the table ensures that a row is about one of them. */
function subjectOf({ userId, sessionId, minEpoch, clientId, kid }: RevocationRow): Record<string, unknown> {
  if (kid !== undefined) return { kid };
  if (clientId !== undefined) return { client_id: clientId };
  if (sessionId === undefined) return { user_id: userId, min_epoch: minEpoch };
  // A token of a service has no session and no user: the row names the token.
  return userId === undefined ? { jti: sessionId } : { session_id: sessionId };
}
