import { Prisma } from '../database/generated/client.js';
import type { RevocationEntry } from './revoked-tokens.js';

/** Every instance listens to this channel. Every revoking transaction notifies it, so the message is sent with the commit. */
export const revocationChannel = 'pawl_revocations';

/** Makes listeners read the table again, if the entries do not fit in a payload. */
const readAgain = 'read';

/** PostgreSQL accepts 8,000 bytes at most. One session takes less than 60. */
const maxSessionsPerMessage = 100;

/** Returns undefined if the table has to be read again, also if the message is of a newer version that we cannot read. */
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

/** SQL that sends a message about the sessions in `ended (session_id)`, if there are any. */
export function notifyEnded(ended: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT pg_notify(${revocationChannel},
      CASE WHEN count(*) > ${maxSessionsPerMessage}::int THEN ${readAgain}
      ELSE json_agg(json_build_object('sessionId', session_id))::text END)
    FROM ${ended} HAVING count(*) > 0`;
}
