import { equalBytes } from '../../secrets/bytes.js';
import type { StoredAuditEvent } from '../audit-trail.js';
import type { SealedBatch } from './chain.js';
import { EventsDigest } from './chain.js';
import type { AuditFinding } from './chain-walk.js';
import { finding } from './chain-walk.js';

/** The next batch after the commit seals an event. One that is older than the previous batch by more than this was inserted. */
const backdatedMs = 60 * 60 * 1000;

/** The events that carry a batch's number, added in the order of their ids. */
export class EventsOfBatch {
  private readonly digest = new EventsDigest();
  private oldestMs = Infinity;

  get count(): number {
    return this.digest.count;
  }

  add(event: StoredAuditEvent): void {
    this.digest.add(event);
    this.oldestMs = Math.min(this.oldestMs, event.createdAt.getTime());
  }

  /** Reports what differs from what was sealed. Call it only once: it finishes the digest. */
  judge(batch: SealedBatch, previous: SealedBatch | undefined): AuditFinding[] {
    const differs = !equalBytes(this.digest.value(), batch.eventsDigest);
    const surplus = this.count - batch.eventCount;
    if (surplus < 0) return [finding('events_removed', batch.id, `${-surplus} of ${batch.eventCount} events removed.`)];
    if (surplus > 0)
      return [finding('events_added', batch.id, `${surplus} more than the ${batch.eventCount} events sealed.`)];
    if (differs) return [finding('events_changed', batch.id, `Its ${this.count} events are not as they were sealed.`)];
    if (previous && this.oldestMs < previous.sealedAt.getTime() - backdatedMs) {
      const explanation = `An event says ${new Date(this.oldestMs).toISOString()}, but was written after ${previous.sealedAt.toISOString()}.`;
      return [finding('events_backdated', batch.id, explanation)];
    }
    return [];
  }
}
