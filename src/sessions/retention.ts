import type { Clock } from '../common/clock.js';

/** A clock that was wrong by more than this does not keep entries in memory for years. */
const maxClockStepMs = 24 * 60 * 60 * 1000;

/** When something is forgotten: not before both clocks say so, because the database's clock can be set forward or back. */
export interface Retention {
  /** In milliseconds of `Clock.elapsedMs`, which never jumps. */
  readonly untilElapsedMs: number;
  /** In milliseconds of `Clock.nowMs`, which decides how long a token is valid. */
  readonly untilMs: number;
}

/** Lasts until `seconds` have passed and every token issued by now has been valid for that long, also one from the future. */
export function retentionOf(clock: Clock, seconds: number): Retention {
  const latestMs = Math.min(clock.latestMs(), clock.nowMs() + maxClockStepMs);
  return { untilElapsedMs: clock.elapsedMs() + seconds * 1000, untilMs: latestMs + seconds * 1000 };
}

/** Tells of each retention whether it is over now. */
export function isOverBy(clock: Clock): (retention: Retention) => boolean {
  const [elapsedMs, nowMs] = [clock.elapsedMs(), clock.nowMs()];
  return ({ untilElapsedMs, untilMs }) => untilElapsedMs <= elapsedMs && untilMs <= nowMs;
}
