import type { OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import type { Config } from '../../config/config.js';
import { CONFIG } from '../../config/config.module.js';
import { advisoryLocks } from '../../database/advisory-locks.js';
import type { Prisma } from '../../database/generated/client.js';
import { databaseNow } from '../../database/now.js';
import { PeriodicJobs, withAdvisoryLock } from '../../database/periodic-job.js';
import { PrismaService } from '../../database/prisma.service.js';
import { equalBytes } from '../../secrets/bytes.js';
import { KeyRing } from '../../secrets/key-ring.js';
import { AuditBatches } from './batches.js';
import type { BatchContent, SealedBatch } from './chain.js';
import { digestOfBatch, EventsDigest, headOf, isSealGood, sealOf } from './chain.js';
import { ChainWalk } from './chain-walk.js';

const everyMs = 60 * 1000;
const pruneEveryMs = 60 * 60 * 1000;
/** The most events of one batch. */
const batchEvents = 1000;
/** The most batches that one transaction deletes, so that none takes long. */
const prunedAtOnce = 20;
const walkedAtOnce = 1000;
/** A head under another AUTH_SECRET value is sealed again only after this time, so that two instances do not compete. */
const resealAfterMs = 10 * 60 * 1000;

/** Reasons to add a batch even without events. */
interface Reasons {
  /** The head is sealed under another value of AUTH_SECRET than the first. */
  otherKey?: boolean;
  /** Batches to delete, oldest first. */
  prune?: readonly SealedBatch[];
}

/**
 * Seals the trail (docs/audit.md): takes the events that no batch covers, however late their transactions committed, and
 * adds a batch to the chain. Writing an event does not depend on it. One instance at a time does it.
 */
@Injectable()
export class AuditSealer implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditSealer');
  private readonly sealing;
  /** The newest batch that this instance has seen, to detect its removal. */
  private seen: BatchContent | undefined;

  constructor(
    private readonly db: PrismaService,
    private readonly batches: AuditBatches,
    private readonly keyRing: KeyRing,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    jobs: PeriodicJobs,
  ) {
    this.sealing = jobs.add({ name: 'the sealing of audit events', everyMs, run: () => this.seal() });
    jobs.add({ name: 'the pruning of audit events', everyMs: pruneEveryMs, run: () => this.prune() });
  }

  /** A deployment with a new AUTH_SECRET proves what the old one sealed, while both are set. */
  async onApplicationBootstrap(): Promise<void> {
    await this.sealing.attempt(async () => {
      const head = await this.batches.last();
      if (head && !this.isUnderCurrentKey(head)) await this.sealBatch({ otherKey: true });
    });
  }

  /** Seals all waiting events. Returns how many; 0 also if another instance is doing it. */
  async seal(): Promise<number> {
    let count = 0;
    let batch: BatchContent | undefined;
    do {
      batch = await this.sealBatch();
      count += batch?.eventCount ?? 0;
    } while (batch?.eventCount === batchEvents);
    return count;
  }

  /** Deletes the batches past AUDIT_RETENTION, which the chain records. Returns how many. */
  async prune(): Promise<number> {
    let pruned = 0;
    for (;;) {
      const due = await this.dueBatches();
      if (due.length === 0) return pruned;
      if (!(await this.areProven(due))) {
        this.logger.error(
          'The oldest audit batches are not as they were sealed, and are kept: npm run audit -- verify',
        );
        return pruned;
      }
      if (!(await this.sealBatch({ prune: due }))) return pruned;
      pruned += due.length;
    }
  }

  /** Returns undefined if there is no reason to add a batch, or if another instance is doing it. */
  private async sealBatch(reasons: Reasons = {}): Promise<BatchContent | undefined> {
    const locked = await withAdvisoryLock(this.db, advisoryLocks.auditSealer, (tx) => this.appendBatch(tx, reasons));
    const sealed = locked?.result;
    if (!sealed) return undefined;
    this.seen = sealed;
    this.logger.log({ msg: `Audit batch ${sealed.id} is sealed`, events: sealed.eventCount, head: headOf(sealed) });
    return sealed;
  }

  private async appendBatch(
    tx: Prisma.TransactionClient,
    { otherKey = false, prune = [] }: Reasons,
  ): Promise<SealedBatch | undefined> {
    const sealedAt = await this.readNow(tx);
    const head = await this.batches.last(tx);
    await this.noticeTruncation(head, tx);
    const events = await this.batches.unsealed(batchEvents, tx);
    const proveHead = head && !this.isUnderCurrentKey(head) && (otherKey || isOld(head, sealedAt));
    if (events.length === 0 && !proveHead && prune.length === 0) return undefined;

    const digest = new EventsDigest();
    for (const event of events) digest.add(event);
    const content: BatchContent = {
      id: (head?.id ?? 0n) + 1n,
      eventCount: digest.count,
      eventsDigest: digest.value(),
      sealedAt,
      prunedThrough: prune.at(-1)?.id ?? head?.prunedThrough ?? 0n,
      previousDigest: head && digestOfBatch(head),
      vouches: this.vouchesFor(head),
      keyId: this.keyRing.current.id,
    };
    const batch = { ...content, seal: sealOf(content, this.keyRing.current) };
    await this.batches.append(
      batch,
      events.map(({ id }) => id),
      tx,
    );
    if (prune.length > 0) await this.batches.deleteThrough(content.prunedThrough, tx);
    return batch;
  }

  /** A seal must not vouch for a batch that it cannot check. */
  private vouchesFor(head: SealedBatch | null): boolean {
    if (!head || isSealGood(head, this.keyRing)) return true;
    this.logger.error(`The seal of audit batch ${head.id} cannot be confirmed here: npm run audit -- verify`);
    return false;
  }

  /** Removing the newest batches leaves no gap, but an instance that has seen them notices. */
  private async noticeTruncation(head: SealedBatch | null, tx: Prisma.TransactionClient): Promise<void> {
    const { seen } = this;
    if (!seen || seen.id <= (head?.prunedThrough ?? -1n)) return;
    const found = seen.id === head?.id ? head : await this.batches.find(seen.id, tx);
    if (found && equalBytes(digestOfBatch(found), digestOfBatch(seen))) return;
    this.logger.error({
      msg: `Audit batch ${seen.id} was removed or replaced after it was sealed`,
      head: headOf(seen),
    });
    this.seen = undefined;
  }

  private async dueBatches(): Promise<SealedBatch[]> {
    const [{ before } = { before: new Date(0) }] = await this.db.$queryRaw<{ before: Date }[]>`
      SELECT ${databaseNow(this.clock)} - ${this.config.auditRetentionSeconds}::float8 * interval '1 second' AS before`;
    const oldest = await this.batches.pageAfter(0n, prunedAtOnce);
    const young = oldest.findIndex(({ sealedAt }) => sealedAt > before);
    return young === -1 ? oldest : oldest.slice(0, young);
  }

  /** Whether valid seals prove them. Otherwise, forging their age would get them deleted. */
  private async areProven(due: readonly SealedBatch[]): Promise<boolean> {
    const walk = new ChainWalk(this.keyRing);
    let page: readonly SealedBatch[] = due;
    while (page.length > 0) {
      for (const batch of page) {
        if (walk.add(batch).length > 0) return false;
        if (walk.isProven && batch.id >= due.at(-1)!.id) return true;
      }
      page = await this.batches.pageAfter(page.at(-1)!.id, walkedAtOnce);
    }
    return false;
  }

  private isUnderCurrentKey(batch: SealedBatch): boolean {
    return equalBytes(batch.keyId, this.keyRing.current.id);
  }

  private async readNow(tx: Prisma.TransactionClient): Promise<Date> {
    const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT ${databaseNow(this.clock)} AS now`;
    return row!.now;
  }
}

function isOld({ sealedAt }: SealedBatch, now: Date): boolean {
  return now.getTime() - sealedAt.getTime() >= resealAfterMs;
}
