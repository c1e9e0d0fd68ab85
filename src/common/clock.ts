/**
 * The time as the service sees it: the database's, so that all instances agree, and none depends on the clock of its machine.
 * The database compares times with the same clock plus `offsetMs` (database/now.ts). Tests move the offset instead of sleeping.
 */
export class Clock {
  /** Milliseconds added to the database's clock. 0 outside tests. */
  offsetMs = 0;
  /** The database's clock minus `performance.now()`. Until it is known, the machine's clock counts. */
  private databaseAheadMs: number | undefined;
  private latestShownMs = 0;

  now(): Date {
    return new Date(this.nowMs());
  }

  nowMs(): number {
    const shownMs = Math.floor(this.databaseMs()) + this.offsetMs;
    if (shownMs > this.latestShownMs) this.latestShownMs = shownMs;
    return shownMs;
  }

  /** The latest time that `nowMs` has returned. It is ahead of now after the database's clock was set back. */
  latestMs(): number {
    return Math.max(this.nowMs(), this.latestShownMs);
  }

  /** Milliseconds since some moment. Unlike `nowMs`, it never jumps: use it to keep something for a while. */
  elapsedMs(): number {
    return performance.now() + this.offsetMs;
  }

  /** Whole seconds since 1970, as in JWT claims (RFC 7519 section 2, NumericDate). */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /** The database's clock itself, without `offsetMs`: for what others issue, or check, by a clock that tests do not move. */
  databaseMs(): number {
    return this.databaseAheadMs === undefined ? Date.now() : performance.now() + this.databaseAheadMs;
  }

  /** How many seconds the machine's clock is behind the database's: what to add to `Date.now()` for libraries that read it. */
  machineBehindSeconds(): number {
    return Math.round((this.databaseMs() - Date.now()) / 1000);
  }

  advanceSeconds(seconds: number): void {
    this.offsetMs += seconds * 1000;
  }

  /**
   * Follows the database, whose clock showed `databaseMs` between two instants of `performance.now()`. The reading tells no
   * more than that, so the time changes only as far as it was wrong. Returns how far the machine's clock is ahead, in ms.
   */
  follow(databaseMs: number, askedAtMs: number, answeredAtMs: number): number {
    const [least, most] = [databaseMs - answeredAtMs, databaseMs - askedAtMs];
    const known = this.databaseAheadMs ?? (least + most) / 2;
    this.databaseAheadMs = Math.min(Math.max(known, least), most);
    return Date.now() - performance.now() - this.databaseAheadMs;
  }
}
