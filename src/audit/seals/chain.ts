import { createHash, createHmac } from 'node:crypto';
import { equalBytes } from '../../secrets/bytes.js';
import type { DerivedKeys, KeyRing } from '../../secrets/key-ring.js';
import type { StoredAuditEvent } from '../audit-trail.js';

/** The record of a batch; prisma/schema.prisma explains each field. */
export interface BatchContent {
  id: bigint;
  eventCount: number;
  eventsDigest: Uint8Array;
  sealedAt: Date;
  prunedThrough: bigint;
  previousDigest: Uint8Array | null;
  vouches: boolean;
  keyId: Uint8Array;
}

export interface SealedBatch extends BatchContent {
  seal: Uint8Array;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** SHA-256 over the digests of events. Add them in the order of their ids. */
export class EventsDigest {
  count = 0;
  private readonly hash = createHash('sha256');

  add(event: Omit<StoredAuditEvent, 'batchId'>): void {
    this.count += 1;
    this.hash.update(digestOfEvent(event));
  }

  value(): Buffer {
    return this.hash.digest();
  }
}

/** The JSON of a list is unambiguous, whatever its strings contain. */
function digestOfEvent(event: Omit<StoredAuditEvent, 'batchId'>): Buffer {
  const { details } = event;
  const content = [
    'pawl/audit/event/1',
    event.id,
    event.createdAt.getTime(),
    event.event,
    event.actorUserId,
    event.actorClientId,
    event.subjectUserId,
    event.subjectClientId,
    event.sessionId,
    event.ip,
    // PostgreSQL does not keep the order of an object's keys.
    details && Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1)),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

/** A link of the chain: SHA-256 of the record, including the previous digest. It needs no key. */
export function digestOfBatch(batch: BatchContent): Buffer {
  const content = [
    'pawl/audit/batch/1',
    String(batch.id),
    batch.eventCount,
    hex(batch.eventsDigest),
    batch.sealedAt.getTime(),
    String(batch.prunedThrough),
    batch.previousDigest && hex(batch.previousDigest),
    batch.vouches,
    hex(batch.keyId),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

export function sealOf(batch: BatchContent, { audit }: DerivedKeys): Buffer {
  return createHmac('sha256', audit).update(digestOfBatch(batch)).digest();
}

/** Returns undefined if the AUTH_SECRET value it was sealed under is not set here. */
export function isSealGood(batch: SealedBatch, keyRing: KeyRing): boolean | undefined {
  const keys = keyRing.find(batch.keyId);
  return keys && equalBytes(batch.seal, sealOf(batch, keys));
}

/** Identifies the chain up to a batch. Operators can store it elsewhere. */
export function headOf(batch: BatchContent): string {
  return `${batch.id}:${hex(digestOfBatch(batch))}`;
}
