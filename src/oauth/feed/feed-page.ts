import type { RevocationLog } from '../../sessions/revocation-log.js';

export const pageRevocations = 1000;

/** Where a follower stands: after this position, and whether everything from the beginning is sent to it. */
export interface FeedStart {
  position: number;
  isSnapshot: boolean;
}

/** A cursor that the log does not know, or none, starts a snapshot. */
export function startOf(log: RevocationLog, cursor: string | undefined): FeedStart {
  const position = cursor === undefined ? undefined : log.positionOf(cursor);
  return position === undefined ? { position: 0, isSnapshot: true } : { position, isSnapshot: false };
}

/** One page of the feed as JSON, in the shape of `RevocationPage`. The entries are serialised already. */
export function feedPage(log: RevocationLog, cursor: string | undefined): string {
  const { position, isSnapshot } = startOf(log, cursor);
  const entries = log.after(position, pageRevocations);
  const complete = entries.length < pageRevocations;
  const next = complete ? log.end.cursor : entries.at(-1)!.cursor;
  const rest = JSON.stringify({ cursor: next, complete, keep_seconds: log.lifetimeSeconds }).slice(1);
  return `{"snapshot":${isSnapshot},"revocations":[${entries.map(({ json }) => json).join(',')}],${rest}`;
}
