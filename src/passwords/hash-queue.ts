import { ApiError } from '../common/errors.js';

/** Who waits for a hash. */
export interface HashCaller {
  /** Opaque key of the network address; those of one key share their part of the queue. */
  address: string;
  /** Aborted when the client has left. */
  signal?: AbortSignal;
}

export interface HashQueueBounds {
  /** Hashes at once. */
  concurrency: number;
  /** Entries behind them. */
  maxWaiting: number;
}

/** Who watches a queue. */
export interface HashQueueWatcher {
  /** An entry begins, after so long in the line: 0 for who found a free slot. */
  started(waitedSeconds: number): void;
  /** The queue was full. */
  refused(): void;
}

interface Waiting {
  address: string;
  start: () => void;
}

/** Longer than a full queue takes at the default cost (see password-hasher.ts). */
const retryAfterSeconds = 5;

/**
 * Lets a bounded number of hashes run and a bounded number wait, oldest first. No address holds more than a quarter of
 * the places to wait, and who leaves while waiting costs no hash. Past the bounds: `overloaded`.
 */
export class HashQueue {
  private runningCount = 0;
  /** In the order of arrival. A Set, since those who leave do so from its middle. */
  private readonly line = new Set<Waiting>();
  private readonly waitingByAddress = new Map<string, number>();
  private readonly maxWaitingPerAddress: number;

  constructor(
    private readonly bounds: HashQueueBounds,
    private readonly watcher?: HashQueueWatcher,
  ) {
    this.maxWaitingPerAddress = Math.max(1, Math.floor(bounds.maxWaiting / 4));
  }

  get running(): number {
    return this.runningCount;
  }

  get waiting(): number {
    return this.line.size;
  }

  async run<T>(caller: HashCaller, work: () => Promise<T>): Promise<T> {
    if (caller.signal?.aborted) throw clientLeft();
    if (this.runningCount < this.bounds.concurrency) {
      this.runningCount++;
      this.watcher?.started(0);
    } else {
      const arrivedAtMs = performance.now();
      await this.turn(caller);
      this.watcher?.started((performance.now() - arrivedAtMs) / 1000);
    }
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  /** Resolves when another entry has handed over its slot. */
  private turn({ address, signal }: HashCaller): Promise<void> {
    const waitingHere = this.waitingByAddress.get(address) ?? 0;
    if (this.waiting >= this.bounds.maxWaiting) this.refuse('the queue is full');
    if (waitingHere >= this.maxWaitingPerAddress) this.refuse('the address has its quarter of the queue');
    this.waitingByAddress.set(address, waitingHere + 1);
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
      const entry = { address, start };
      signal?.addEventListener('abort', leave, { once: true });
      this.line.add(entry);
    });
  }

  private refuse(reason: string): never {
    this.watcher?.refused();
    throw overloaded(reason);
  }

  private remove(entry: Waiting): void {
    this.line.delete(entry);
    const left = (this.waitingByAddress.get(entry.address) ?? 0) - 1;
    if (left > 0) this.waitingByAddress.set(entry.address, left);
    else this.waitingByAddress.delete(entry.address);
  }

  /** Hands the slot to the oldest entry; with none waiting, the slot is free again. */
  private passOn(): void {
    const [oldest] = this.line;
    if (oldest) oldest.start();
    else this.runningCount--;
  }
}

function overloaded(privateDetail: string): ApiError {
  return new ApiError('overloaded', privateDetail, { retryAfterSeconds });
}

/** Nobody reads this answer; its code keeps the log from calling it a fault. */
function clientLeft(): ApiError {
  return overloaded('the client left before its password was hashed');
}
