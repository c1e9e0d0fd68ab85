/**
 * The time as the service sees it. The database compares times with its own clock plus `offsetMs` (database/now.ts), so the
 * clocks of two processes are never compared. Tests move the offset instead of sleeping.
 */
export class Clock {
  /** Milliseconds added to the machine's clock and to the database's. 0 outside tests. */
  offsetMs = 0;

  now(): Date {
    return new Date(this.nowMs());
  }

  nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  /** Whole seconds since 1970, as in JWT claims (RFC 7519 section 2, NumericDate). */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  advanceSeconds(seconds: number): void {
    this.offsetMs += seconds * 1000;
  }
}
