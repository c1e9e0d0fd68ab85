import { ApiError } from '../common/errors.js';

/** Per key. Further callers get `overloaded`. */
const maxWaiting = 128;
const retryAfterSeconds = 5;

interface Slots {
  running: number;
  /** In the order of arrival. */
  waiting: (() => void)[];
}

/**
 * Limits how many tasks run at the same time for each key; the rest wait in order of arrival. Without it a hundred wrong
 * passwords sent at once would all be checked before the first of them is counted.
 */
export class KeyedSemaphore {
  private readonly slotsByKey = new Map<string, Slots>();

  /** Runs the task once fewer than `limit` tasks run for the key. Throws `overloaded` if too many wait. */
  async run<T>(key: string, limit: number, task: () => Promise<T>): Promise<T> {
    await this.acquire(key, limit);
    try {
      return await task();
    } finally {
      this.release(key);
    }
  }

  private acquire(key: string, limit: number): Promise<void> | undefined {
    const slots = this.slotsByKey.get(key) ?? { running: 0, waiting: [] };
    this.slotsByKey.set(key, slots);
    if (slots.running < limit) {
      slots.running++;
      return undefined;
    }
    if (slots.waiting.length >= maxWaiting) {
      throw new ApiError('overloaded', 'too many attempts at once for one account or address', { retryAfterSeconds });
    }
    return new Promise((resolve) => slots.waiting.push(resolve));
  }

  /** Passes the slot to the caller that has waited the longest. */
  private release(key: string): void {
    const slots = this.slotsByKey.get(key)!;
    const next = slots.waiting.shift();
    if (next) next();
    else if (--slots.running === 0) this.slotsByKey.delete(key);
  }
}
