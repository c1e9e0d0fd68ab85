import { Prisma } from '../database/generated/client.js';
import type { RevocationEntry } from './revoked-tokens.js';

/** Every instance listens here; every revoking transaction notifies here, so that the news is out with the commit. */
export const revocationChannel = 'pawl_revocations';

/** Tells listeners to read the table again: for acts whose entries do not fit in a payload. */
const readAgain = 'read';

/** PostgreSQL takes at most 8,000 bytes; a session's part of a message is under 60. */
const maxSessionsPerMessage = 100;

/** Undefined: read the table again. Also for a message of a newer version that we cannot read. */
export function decodeFeedMessage(payload: string): RevocationEntry[] | undefined {
  if (payload === readAgain) return undefined;
  try {
    return JSON.parse(payload) as RevocationEntry[];
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function encodeFeedMessage(entries: readonly RevocationEntry[]): string {
  return JSON.stringify(entries);
}

/** SQL for the message about the sessions in `ended (session_id)`; no message if there are none. */
export function notifyEnded(ended: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT pg_notify(${revocationChannel},
      CASE WHEN count(*) > ${maxSessionsPerMessage}::int THEN ${readAgain}
      ELSE json_agg(json_build_object('sessionId', session_id))::text END)
    FROM ${ended} HAVING count(*) > 0`;
}
