import { ApiError } from '../common/errors.js';

/** Of one key; who comes later is told to come back. */
const maxWaiting = 128;
const retryAfterSeconds = 5;

interface Gate {
  inside: number;
  /** In the order of arrival. */
  line: (() => void)[];
}

/**
 * Lets so many through at once for each key, the rest in turn. Without it a hundred wrong passwords sent at once would all
 * be checked before the first of them has counted.
 */
export class KeyedSemaphore {
  private readonly gates = new Map<string, Gate>();

  async pass<T>(key: string, width: number, work: () => Promise<T>): Promise<T> {
    await this.enter(key, width);
    try {
      return await work();
    } finally {
      this.leave(key);
    }
  }

  private enter(key: string, width: number): Promise<void> | undefined {
    const gate = this.gates.get(key) ?? { inside: 0, line: [] };
    this.gates.set(key, gate);
    if (gate.inside < width) {
      gate.inside++;
      return undefined;
    }
    if (gate.line.length >= maxWaiting) {
      throw new ApiError('overloaded', 'too many attempts at once for one account or address', { retryAfterSeconds });
    }
    return new Promise((resolve) => gate.line.push(resolve));
  }

  /** Hands the place to who has waited the longest. */
  private leave(key: string): void {
    const gate = this.gates.get(key)!;
    const next = gate.line.shift();
    if (next) next();
    else if (--gate.inside === 0) this.gates.delete(key);
  }
}
