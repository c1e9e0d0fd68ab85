import type { AuditEvent } from './audit-event.js';
import type { WaitingEvent } from './event-rows.js';

export interface EventQueueOptions {
  /** Writes events in one statement. */
  write: (events: readonly WaitingEvent[]) => Promise<void>;
  /** Whether a failed write should be retried, because the database could not be reached. */
  mayRetry: (error: unknown) => boolean;
  /** Creates the event that reports how many did not fit. */
  dropped: (count: number) => { id: string; event: AuditEvent };
  onError: (error: unknown, lost: readonly AuditEvent[]) => void;
  /** Milliseconds of a clock that never jumps. */
  nowMs?: () => number;
}

/** The most events that wait, and that one statement writes. */
export const maxWaiting = 1000;
export const maxPerWrite = 500;
/** An event that waited longer is stored as this old: an older one would look like a forgery. */
export const maxAgeMs = 30 * 60 * 1000;
const retryMs = 1000;

interface Recorded {
  id: string;
  event: AuditEvent;
  recordedAtMs: number;
}

/**
 * Writes events that are not part of a transaction: at once if it is idle, otherwise together with all that arrived in the
 * meantime. A storm of events then costs one connection and one statement at a time, and no request waits. While the
 * database cannot be reached, a bounded number waits in memory, and the rest is counted.
 */
export class EventQueue {
  private waiting: Recorded[] = [];
  private dropped = 0;
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(private readonly options: EventQueueOptions) {}

  add(id: string, event: AuditEvent): void {
    if (this.waiting.length < maxWaiting) this.waiting.push({ id, event, recordedAtMs: this.nowMs() });
    else this.dropped += 1;
    if (!this.timer) this.start();
  }

  /** Resolves once everything is written or has failed once more. Add nothing after calling it. */
  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.writing;
    if (this.waiting.length === 0) return;
    this.start();
    await this.writing;
    if (this.waiting.length > 0)
      this.options.onError(
        undefined,
        this.waiting.map(({ event }) => event),
      );
  }

  private start(): void {
    this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0 || this.dropped > 0) {
      const taken = this.take();
      if (await this.tryToWrite(taken)) continue;
      this.waiting = [...taken, ...this.waiting];
      if (!this.closing) this.retryLater();
      return;
    }
  }

  private take(): Recorded[] {
    const taken = this.waiting.splice(0, maxPerWrite);
    if (this.waiting.length === 0 && this.dropped > 0) {
      taken.push({ ...this.options.dropped(this.dropped), recordedAtMs: this.nowMs() });
      this.dropped = 0;
    }
    return taken;
  }

  /** Returns false if it must be retried. */
  private async tryToWrite(taken: readonly Recorded[]): Promise<boolean> {
    try {
      await this.options.write(taken.map((recorded) => this.toWaiting(recorded)));
      return true;
    } catch (error) {
      if (this.options.mayRetry(error)) return false;
      if (taken.length === 1)
        this.options.onError(
          error,
          taken.map(({ event }) => event),
        );
      // One event that cannot be stored must not take the others with it.
      else for (const one of taken) if (!(await this.tryToWrite([one]))) this.waiting.unshift(one);
      return true;
    }
  }

  private toWaiting({ id, event, recordedAtMs }: Recorded): WaitingEvent {
    return { id, event, ageMs: Math.min(this.nowMs() - recordedAtMs, maxAgeMs) };
  }

  private retryLater(): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.start();
    }, retryMs).unref();
  }

  private nowMs(): number {
    return (this.options.nowMs ?? (() => performance.now()))();
  }
}
