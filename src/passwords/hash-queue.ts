import { addressBlock } from '../common/address-block.js';
import { ApiError } from '../common/errors.js';

/** The caller that needs a hash. */
export interface HashCaller {
  /** The network address. Callers in one block of addresses share one part of the queue. */
  address: string;
  /** Aborted when the client disconnects. */
  signal?: AbortSignal;
}

export interface HashQueueBounds {
  /** Hashes that run at the same time. */
  concurrency: number;
  /** Entries that wait behind them. */
  maxWaiting: number;
}

/** Observes a queue, for metrics. */
export interface HashQueueWatcher {
  /** An entry starts after this long in the queue: 0 if there was a free slot. */
  started(waitedSeconds: number): void;
  /** The queue was full. */
  refused(): void;
}

interface Waiting {
  block: string;
  start: () => void;
}

/** Longer than a full queue takes at the default cost (see password-hasher.ts). */
const retryAfterSeconds = 5;

/**
 * Runs a bounded number of hashes and lets a bounded number wait, oldest first. No block of addresses holds more than a quarter
 * of the waiting places. A caller that disconnects while waiting costs no hash. Throws `overloaded` past the bounds.
 */
export class HashQueue {
  private runningCount = 0;
  /** In the order of arrival. A Set, because callers also leave from the middle. */
  private readonly line = new Set<Waiting>();
  private readonly waitingByBlock = new Map<string, number>();
  private readonly maxWaitingPerBlock: number;

  constructor(
    private readonly bounds: HashQueueBounds,
    private readonly watcher?: HashQueueWatcher,
  ) {
    this.maxWaitingPerBlock = Math.max(1, Math.floor(bounds.maxWaiting / 4));
  }

  get running(): number {
    return this.runningCount;
  }

  get waiting(): number {
    return this.line.size;
  }

  /** Throws `overloaded` if `run` would refuse the caller now. It costs nothing, so flows ask before they ask the database. */
  assertRoom({ address }: HashCaller): void {
    if (this.hasFreeSlot()) return;
    if (this.waiting >= this.bounds.maxWaiting) this.refuse('the queue is full');
    if (this.waitingOf(addressBlock(address)) >= this.maxWaitingPerBlock) {
      this.refuse('the block of addresses holds a quarter of the queue');
    }
  }

  async run<T>(caller: HashCaller, work: () => Promise<T>): Promise<T> {
    if (caller.signal?.aborted) throw clientLeft();
    this.assertRoom(caller);
    if (this.hasFreeSlot()) {
      this.runningCount++;
      this.watcher?.started(0);
    } else {
      const arrivedAtMs = performance.now();
      await this.waitForSlot(caller);
      this.watcher?.started((performance.now() - arrivedAtMs) / 1000);
    }
    try {
      return await work();
    } finally {
      this.releaseSlot();
    }
  }

  /** Resolves when another entry passes its slot on. */
  private waitForSlot({ address, signal }: HashCaller): Promise<void> {
    const block = addressBlock(address);
    this.waitingByBlock.set(block, this.waitingOf(block) + 1);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.remove(entry);
        reject(clientLeft());
      };
      const start = () => {
        signal?.removeEventListener('abort', leave);
        this.remove(entry);
        resolve();
      };
      const entry = { block, start };
      signal?.addEventListener('abort', leave, { once: true });
      this.line.add(entry);
    });
  }

  private hasFreeSlot(): boolean {
    return this.runningCount < this.bounds.concurrency;
  }

  private waitingOf(block: string): number {
    return this.waitingByBlock.get(block) ?? 0;
  }

  private refuse(reason: string): never {
    this.watcher?.refused();
    throw overloaded(reason);
  }

  private remove(entry: Waiting): void {
    this.line.delete(entry);
    const left = this.waitingOf(entry.block) - 1;
    if (left > 0) this.waitingByBlock.set(entry.block, left);
    else this.waitingByBlock.delete(entry.block);
  }

  /** Passes the slot to the oldest waiting entry, or frees it if there is none. */
  private releaseSlot(): void {
    const [oldest] = this.line;
    if (oldest) oldest.start();
    else this.runningCount--;
  }
}

function overloaded(privateDetail: string): ApiError {
  return new ApiError('overloaded', privateDetail, { retryAfterSeconds });
}

/** Nobody reads this response. Its code keeps the log from reporting it as a fault. */
function clientLeft(): ApiError {
  return overloaded('the client disconnected before its password was hashed');
}
