import { LRUCache } from 'lru-cache';

/** The longest time that a refusal is remembered: another instance may have lifted it. */
const maxRememberedMs = 30_000;
const maxRemembered = 10_000;

/** Which keys this instance has lately refused: a caller that tries again costs no query. */
export class RememberedRefusals {
  /** When the refusal of a key ends, in milliseconds since 1970. */
  private readonly endsAt = new LRUCache<string, number>({ max: maxRemembered, ttl: maxRememberedMs });

  /** The milliseconds for which the key is still refused, as far as is remembered; 0 or less for none. */
  leftMs(key: string): number {
    return (this.endsAt.get(key) ?? 0) - Date.now();
  }

  remember(key: string, leftMs: number): void {
    this.endsAt.set(key, Date.now() + leftMs);
  }

  forget(key: string): void {
    this.endsAt.delete(key);
  }
}
