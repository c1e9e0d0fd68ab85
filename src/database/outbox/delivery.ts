import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../unavailable.js';
import type { LeasedItem, OutboxTable } from './outbox-table.js';
import { leaseSeconds } from './outbox-table.js';
import { isTooOld, retryDelaySeconds } from './retry-policy.js';

/** What became of one attempt. */
export type DeliveryResult = 'sent' | 'retried' | 'failed' | 'unneeded';

/** Thrown by `deliver` if the other side did not take the item. */
export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed';

  constructor(
    /** For the log; without personal data. */
    readonly reason: string,
    /** Another attempt would fail too: the item is given up. */
    readonly permanent = false,
  ) {
    super(reason);
  }
}

export interface DeliveryOptions<Item extends LeasedItem> {
  table: OutboxTable<Item>;
  /** Longer than any delivery that ends by itself. */
  attemptTimeoutMs: number;
  /**
   * Resolves with false if the item is no longer needed. Throws DeliveryFailed if it was not taken. Any other error leaves
   * the item to the next lease.
   */
  deliver: (item: Item, signal: AbortSignal) => Promise<boolean>;
  onResult: (result: DeliveryResult, item: Item, details: { reason?: string; retrySeconds?: number }) => void;
}

/** What ends deliveries early. */
export interface DeliverySignals {
  /** The service is stopping: the delivery in progress may end, and nothing is waited for any more. */
  stopping: AbortSignal;
  /** Aborts the delivery in progress. */
  abort: AbortSignal;
}

export const renewLeasesMs = (leaseSeconds / 3) * 1000;
const markRetryMs = 1000;

/** Delivers leased items one by one, and records what became of each. */
export class Delivery<Item extends LeasedItem> {
  /** Items that were delivered but could not be marked. */
  private readonly unmarked = new Set<string>();

  constructor(
    private readonly instanceId: string,
    private readonly options: DeliveryOptions<Item>,
  ) {}

  async run(item: Item, signals: DeliverySignals): Promise<void> {
    if (this.unmarked.has(item.id)) await this.markSent(item.id, signals.stopping);
    else if (isTooOld(item)) await this.giveUp(item, 'too old');
    else await this.attempt(item, signals);
  }

  private async attempt(item: Item, { stopping, abort }: DeliverySignals): Promise<void> {
    const { deliver, onResult, table, attemptTimeoutMs } = this.options;
    const signal = AbortSignal.any([abort, AbortSignal.timeout(attemptTimeoutMs)]);
    let needed: boolean;
    try {
      needed = await deliver(item, signal);
    } catch (error) {
      if (!(error instanceof DeliveryFailed)) throw error;
      if (error.permanent) return this.giveUp(item, error.reason);
      return this.retryLater(item, error.reason);
    }
    onResult(needed ? 'sent' : 'unneeded', item, {});
    if (needed) await this.markSent(item.id, stopping);
    else await table.discard(item.id, this.instanceId);
  }

  private async retryLater(item: Item, reason: string): Promise<void> {
    const retrySeconds = retryDelaySeconds(item.attempts);
    await this.options.table.postpone(item.id, this.instanceId, retrySeconds);
    this.options.onResult('retried', item, { reason, retrySeconds });
  }

  private async giveUp(item: Item, reason: string): Promise<void> {
    await this.options.table.discard(item.id, this.instanceId);
    this.options.onResult('failed', item, { reason });
  }

  /** Retries for as long as the lease, which was renewed recently, keeps other instances away. */
  private async markSent(id: string, stopping: AbortSignal): Promise<void> {
    this.unmarked.add(id);
    const deadlineMs = performance.now() + leaseSeconds * 1000 - renewLeasesMs;
    for (;;) {
      try {
        await this.options.table.markSent(id);
        this.unmarked.delete(id);
        return;
      } catch (error) {
        if (!isDatabaseUnavailable(error) || stopping.aborted || performance.now() > deadlineMs) throw error;
        await sleep(markRetryMs);
      }
    }
  }
}
