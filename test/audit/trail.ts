import type { TestDatabase } from '../support/database.js';

/** A row of audit_events, without its id and its time. */
export interface StoredEvent {
  event: string;
  actor_user_id: string | null;
  actor_client_id: string | null;
  subject_user_id: string | null;
  subject_client_id: string | null;
  session_id: string | null;
  ip: string | null;
  details: Record<string, unknown> | null;
}

/** What the trail holds about a user, an actor or a client, oldest first. */
export function trailOf(db: TestDatabase, id: string): Promise<StoredEvent[]> {
  return db.query<StoredEvent & Record<string, unknown>>(
    `SELECT event, actor_user_id, actor_client_id, subject_user_id, subject_client_id, session_id, ip, details
     FROM audit_events
     WHERE $1 IN (actor_user_id::text, actor_client_id, subject_user_id::text, subject_client_id) ORDER BY id`,
    [id],
  );
}

/** Its names alone. */
export async function eventsOf(db: TestDatabase, id: string): Promise<string[]> {
  return (await trailOf(db, id)).map(({ event }) => event);
}

/** Leaves nothing of what the start of a service did by itself. */
export async function forgetStart(db: TestDatabase): Promise<void> {
  await db.query('TRUNCATE audit_events');
}
