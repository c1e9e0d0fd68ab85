import { randomInt, randomUUID } from 'node:crypto';
import type { Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { PeriodicJobs } from '../periodic-job.js';
import { PeriodicJob } from '../periodic-job.js';
import type { DeliveryOptions, DeliverySignals } from './delivery.js';
import { Delivery, renewLeasesMs } from './delivery.js';
import type { LeasedItem, OutboxState } from './outbox-table.js';

export interface OutboxWorkerOptions<Item extends LeasedItem> extends DeliveryOptions<Item> {
  /** For the log, such as `the sending of emails`. */
  name: string;
  logger: Logger;
  maxConcurrent: number;
}

const pollMs = 5000;
/** After an item was queued. Random, so that the delivery does not tell requests apart by their timing. */
const wakeAfterMs = { min: 200, max: 1200 };
const cleanUpIntervalMs = 10 * 60_000;
/** At shutdown, deliveries in progress are aborted after this long. */
const shutdownTimeoutMs = 5000;

/**
 * Delivers the items of an outbox, on one instance at a time: the one that holds a lease. An item is marked once it was
 * taken; an instance that dies before that leaves it to the others when its lease ends. So no item is lost, and one is
 * delivered twice only if an instance dies between the delivery and the mark.
 */
export class OutboxWorker<Item extends LeasedItem> {
  private readonly instanceId = randomUUID();
  private readonly delivering: PeriodicJob;
  private readonly renewing: PeriodicJob;
  private readonly waking: Subscription;
  private readonly delivery: Delivery<Item>;
  private wakeTimer: NodeJS.Timeout | undefined;
  private known: OutboxState = { waiting: 0, due: 0, oldestSeconds: 0 };
  private knownAtMs = performance.now();
  /** Items being delivered. */
  private readonly leased = new Set<string>();

  constructor(
    jobs: PeriodicJobs,
    private readonly options: OutboxWorkerOptions<Item>,
  ) {
    const { name, logger, table } = options;
    this.delivery = new Delivery(this.instanceId, options);
    this.delivering = jobs.add({ name, logger, everyMs: pollMs, run: (signal) => this.deliverDue(signal) });
    this.renewing = new PeriodicJob({
      name: 'the renewal of leases',
      logger,
      everyMs: renewLeasesMs,
      run: () => table.renewLeases([...this.leased], this.instanceId),
    });
    jobs.add({
      name: `the clean-up after ${name}`,
      logger,
      everyMs: cleanUpIntervalMs,
      run: (signal) => table.deleteSent(signal),
    });
    this.waking = table.added.subscribe(() => this.wake());
  }

  /** The items that wait, as last read. */
  get state(): OutboxState {
    const sinceSeconds = this.known.waiting > 0 ? (performance.now() - this.knownAtMs) / 1000 : 0;
    return { ...this.known, oldestSeconds: this.known.oldestSeconds + sinceSeconds };
  }

  /** Delivers everything that is due by now, unless another instance does. Never rejects. */
  deliverNow(): Promise<void> {
    return this.delivering.runNow();
  }

  /** Delivers only in `deliverNow` from now on, for tests. */
  pause(): void {
    this.waking.unsubscribe();
    clearTimeout(this.wakeTimer);
    this.delivering.pause();
  }

  private wake(): void {
    if (this.wakeTimer) return;
    const onTimer = () => {
      this.wakeTimer = undefined;
      void this.delivering.runNow();
    };
    this.wakeTimer = setTimeout(onTimer, randomInt(wakeAfterMs.min, wakeAfterMs.max)).unref();
  }

  private async deliverDue(stopping: AbortSignal): Promise<void> {
    if ((await this.readState()).due === 0) return;
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onStop = () => (timer = setTimeout(() => abort.abort(), shutdownTimeoutMs));
    stopping.addEventListener('abort', onStop, { once: true });
    this.renewing.start();
    try {
      await this.deliverAll({ stopping, abort: abort.signal });
    } finally {
      this.renewing.pause();
      stopping.removeEventListener('abort', onStop);
      clearTimeout(timer);
    }
    await this.readState();
  }

  private async deliverAll(signals: DeliverySignals): Promise<void> {
    const { table, maxConcurrent } = this.options;
    const running = new Set<Promise<void>>();
    try {
      for (;;) {
        const mayLease = running.size < maxConcurrent && !signals.stopping.aborted;
        const item = mayLease ? await table.leaseNext(this.instanceId) : undefined;
        if (item) {
          const one = this.deliverOne(item, signals).finally(() => running.delete(one));
          running.add(one);
        } else if (running.size > 0) await Promise.race(running);
        else return;
      }
    } finally {
      await Promise.all(running);
    }
  }

  private async readState(): Promise<OutboxState> {
    this.known = await this.options.table.readState();
    this.knownAtMs = performance.now();
    return this.known;
  }

  /** Never rejects. What fails here is tried again when the lease has ended. */
  private async deliverOne(item: Item, signals: DeliverySignals): Promise<void> {
    this.leased.add(item.id);
    try {
      await this.delivery.run(item, signals);
    } catch (error) {
      this.delivering.report(error);
    }
    this.leased.delete(item.id);
  }
}
