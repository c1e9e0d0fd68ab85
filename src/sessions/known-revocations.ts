import type { Clock } from '../common/clock.js';
import type { LoggedRevocation } from './logged-revocation.js';
import { positionOfCursor, toLogged } from './logged-revocation.js';
import { isOverBy, retentionOf } from './retention.js';
import type { RevocationRow } from './revocation-message.js';
import type { NumberedRow } from './revocation-rows.js';
import { keptKeySeconds } from './revocation-rows.js';

const pruneEverySeconds = 60;
const beginning = { position: 0, cursor: '0' };

/** The revocations that this instance has read, in the order of their commits, for as long as they matter. */
export class KnownRevocations {
  private entries: LoggedRevocation[] = [];
  private last: Readonly<{ position: number; cursor: string }> = beginning;
  private nextPruneAtMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly lifetimeSeconds: number,
  ) {}

  /** The last revocation there was, whether or not it still matters. */
  get end(): Readonly<{ position: number; cursor: string }> {
    return this.last;
  }

  isLast(row: NumberedRow): boolean {
    return this.toEntry(row).cursor === this.last.cursor;
  }

  /** At most `limit` entries that come after the position. What no longer matters is left out. */
  after(position: number, limit: number): readonly LoggedRevocation[] {
    this.prune();
    const start = this.indexAfter(position);
    return this.entries.slice(start, start + limit);
  }

  /** The position that a cursor stands for. Returns undefined if it is too old to be known, or from another database. */
  positionOf(cursor: string): number | undefined {
    const position = positionOfCursor(cursor);
    if (position === undefined) return undefined;
    const known = position === this.last.position ? this.last : this.entries[this.indexAfter(position) - 1];
    return known?.cursor === cursor ? position : undefined;
  }

  /** Leaves out rows that are known already, and those without a position. */
  append(rows: readonly RevocationRow[]): void {
    for (const row of rows) {
      if (row.position === undefined || row.position <= this.last.position) continue;
      const entry = this.toEntry({ ...row, position: row.position });
      this.entries.push(entry);
      this.last = { position: entry.position, cursor: entry.cursor };
    }
  }

  clear(): void {
    this.entries = [];
    this.last = beginning;
  }

  private toEntry(row: NumberedRow): LoggedRevocation {
    const seconds = row.kid === undefined ? this.lifetimeSeconds : keptKeySeconds;
    return toLogged(row, retentionOf(this.clock, seconds));
  }

  /** The entries are in the order of their positions. */
  private indexAfter(position: number): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private prune(): void {
    const now = this.clock.elapsedMs();
    if (now < this.nextPruneAtMs) return;
    this.nextPruneAtMs = now + pruneEverySeconds * 1000;
    const isOver = isOverBy(this.clock);
    this.entries = this.entries.filter(({ kept }) => !isOver(kept));
  }
}
