import { equalBytes } from '../../secrets/bytes.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import type { SealedBatch } from './chain.js';
import { digestOfBatch, isSealGood } from './chain.js';

export type AuditProblem =
  | 'batches_missing'
  | 'batch_changed'
  | 'batch_out_of_place'
  | 'batches_unproven'
  | 'head_differs'
  | 'events_changed'
  | 'events_removed'
  | 'events_added'
  | 'events_backdated'
  | 'events_without_batch';

/** A problem of a batch or of a range of batches. */
export interface AuditFinding {
  problem: AuditProblem;
  fromBatch: bigint;
  throughBatch: bigint;
  /** A sentence for the operator. */
  explanation: string;
}

export function finding(problem: AuditProblem, batch: bigint, explanation: string, throughBatch = batch): AuditFinding {
  return { problem, fromBatch: batch, throughBatch, explanation };
}

/**
 * Judges a chain of batches, starting with the oldest. Each valid seal proves its batch and every batch before it, because
 * the chain of digests needs no key. So a chain outlives the AUTH_SECRET under which it started.
 */
export class ChainWalk {
  /** According to the newest valid seal. */
  prunedThrough = 0n;
  private first: SealedBatch | undefined;
  private last: SealedBatch | undefined;
  /** Undefined if there is no last batch, or if it was changed, because its original digest is then unknown. */
  private lastDigest: Buffer | undefined;
  private lastIsProven = false;
  /** The oldest batch that no valid seal has proven yet. */
  private unprovenFrom: bigint | undefined;

  constructor(private readonly keyRing: KeyRing) {}

  get isProven(): boolean {
    return this.unprovenFrom === undefined;
  }

  add(batch: SealedBatch): AuditFinding[] {
    const good = isSealGood(batch, this.keyRing);
    const findings = [...this.judgePlace(batch, good)];
    if (good === false) {
      findings.push(finding('batch_changed', batch.id, 'Its own record is not as it was sealed.'));
    }
    // This batch either proves the batches before it, or nothing ever will.
    const continues = findings.length === 0 && batch.vouches;
    if (!continues && this.last) findings.push(...this.giveUpUnproven(this.last.id));
    if (good === true) {
      this.unprovenFrom = undefined;
      this.prunedThrough = batch.prunedThrough;
    } else if (good === undefined) {
      this.unprovenFrom ??= batch.id;
    }
    this.first ??= batch;
    this.last = batch;
    this.lastDigest = good === false ? undefined : digestOfBatch(batch);
    this.lastIsProven = good === true;
    return findings;
  }

  end(): AuditFinding[] {
    if (!this.first || !this.last) return [];
    const begin = this.prunedThrough + 1n;
    const missing = this.first.id > begin ? [missingBatches(begin, this.first.id - 1n)] : [];
    return [...missing, ...this.giveUpUnproven(this.last.id)];
  }

  private judgePlace(batch: SealedBatch, good: boolean | undefined): AuditFinding[] {
    const { last, lastDigest } = this;
    if (!last) return [];
    if (batch.id > last.id + 1n) return [missingBatches(last.id + 1n, batch.id - 1n)];
    const follows = batch.previousDigest !== null && lastDigest && equalBytes(batch.previousDigest, lastDigest);
    if (follows || !lastDigest || good === false) return [];
    if (good === true && !this.lastIsProven) {
      return [finding('batch_changed', last.id, 'Its own record is not as the next batch knows it.')];
    }
    return [finding('batch_out_of_place', batch.id, 'It was not sealed after the batch before it.')];
  }

  private giveUpUnproven(through: bigint): AuditFinding[] {
    const from = this.unprovenFrom;
    this.unprovenFrom = undefined;
    if (from === undefined) return [];
    const explanation = 'Sealed under a value of AUTH_SECRET that is not set here, and no later seal proves them.';
    return [finding('batches_unproven', from, explanation, through)];
  }
}

function missingBatches(from: bigint, through: bigint): AuditFinding {
  return finding('batches_missing', from, 'Removed, with their events.', through);
}
