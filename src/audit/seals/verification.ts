import type { PrismaService } from '../../database/prisma.service.js';
import { equalBytes } from '../../secrets/bytes.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import { EventsOfBatch } from './batch-events.js';
import type { Db, EventPosition } from './batches.js';
import { AuditBatches, endOf } from './batches.js';
import type { SealedBatch } from './chain.js';
import { digestOfBatch, headOf } from './chain.js';
import type { AuditFinding } from './chain-walk.js';
import { ChainWalk, finding } from './chain-walk.js';

const batchesAtOnce = 200;
const eventsAtOnce = 5000;
const longestMs = 24 * 60 * 60 * 1000;
const lowest = -(2n ** 63n);
const highest = 2n ** 63n - 1n;

/** The head of a batch (`headOf`) that the operator stored elsewhere. */
export interface KeptHead {
  batchId: bigint;
  /** 32 bytes. */
  digest: Uint8Array;
}

export interface AuditReport {
  /** In the order of the batches. */
  findings: AuditFinding[];
  batches: number;
  events: number;
  /** Batches up to this one were deleted for their age; 0 for none. */
  prunedThrough: bigint;
  /** Undefined if there is no batch. */
  head: string | undefined;
  /** Events that no batch covers yet. */
  waiting: { count: number; oldestAt: Date | null };
}

/** Checks every batch and every event against the seals, in one snapshot of the database. The service can keep running. */
export function verifyAuditTrail(db: PrismaService, keyRing: KeyRing, kept?: KeptHead): Promise<AuditReport> {
  return db.$transaction((tx) => new Verification(new AuditBatches(db), tx, keyRing, kept).run(), {
    isolationLevel: 'RepeatableRead',
    timeout: longestMs,
  });
}

class Verification {
  private readonly findings: AuditFinding[] = [];
  private readonly walk: ChainWalk;
  private batchCount = 0;
  private eventCount = 0;
  private last: SealedBatch | undefined;

  constructor(
    private readonly batches: AuditBatches,
    private readonly db: Db,
    keyRing: KeyRing,
    private readonly kept: KeptHead | undefined,
  ) {
    this.walk = new ChainWalk(keyRing);
  }

  async run(): Promise<AuditReport> {
    let page: SealedBatch[];
    do {
      page = await this.batches.pageAfter(this.last?.id ?? lowest, batchesAtOnce, this.db);
      await this.check(page);
    } while (page.length > 0);
    this.findings.push(...this.walk.end(), ...this.judgeKeptHead());
    return {
      findings: this.findings.sort((a, b) => (a.fromBatch < b.fromBatch ? -1 : 1)),
      batches: this.batchCount,
      events: this.eventCount,
      prunedThrough: this.walk.prunedThrough,
      head: this.last && headOf(this.last),
      waiting: await this.batches.waiting(this.db),
    };
  }

  /** An empty page is the last: no event may then carry a number after the last batch. */
  private async check(page: readonly SealedBatch[]): Promise<void> {
    const events = await this.readEvents(this.last?.id, page.at(-1)?.id ?? highest);
    for (const batch of page) {
      this.findings.push(...this.walk.add(batch), ...this.compareWithKept(batch));
      this.findings.push(...(events.get(batch.id) ?? new EventsOfBatch()).judge(batch, this.last));
      events.delete(batch.id);
      this.last = batch;
      this.batchCount += 1;
    }
    for (const [id, { count }] of events) {
      this.findings.push(finding('events_without_batch', id, `${count} events, but no such batch.`));
    }
  }

  private async readEvents(after: bigint | undefined, through: bigint): Promise<Map<bigint, EventsOfBatch>> {
    const byBatch = new Map<bigint, EventsOfBatch>();
    let position: EventPosition | undefined = endOf(after ?? lowest);
    while (position) {
      const events = await this.batches.eventsAfter(position, through, eventsAtOnce, this.db);
      for (const event of events) {
        const batchId = event.batchId!;
        const ofBatch = byBatch.get(batchId) ?? new EventsOfBatch();
        ofBatch.add(event);
        byBatch.set(batchId, ofBatch);
        position = { batchId, id: event.id };
      }
      this.eventCount += events.length;
      if (events.length < eventsAtOnce) position = undefined;
    }
    return byBatch;
  }

  private compareWithKept(batch: SealedBatch): AuditFinding[] {
    const { kept } = this;
    if (batch.id !== kept?.batchId || equalBytes(digestOfBatch(batch), kept.digest)) return [];
    return [finding('head_differs', batch.id, 'It is not the batch whose head was kept.')];
  }

  /** Removing the newest batches leaves no gap: only a stored head reveals it. */
  private judgeKeptHead(): AuditFinding[] {
    const { kept } = this;
    if (!kept || kept.batchId <= (this.last?.id ?? 0n)) return [];
    return [finding('head_differs', kept.batchId, 'The batch whose head was kept is missing.')];
  }
}
