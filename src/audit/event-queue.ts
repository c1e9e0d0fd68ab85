import type { AuditEvent } from './audit-event.js';
import type { WaitingEvent } from './event-rows.js';

export interface EventQueueOptions {
  /** Writes events in one statement. */
  write: (events: readonly WaitingEvent[]) => Promise<void>;
  /** Whether a failed write is worth another try: the database was away. */
  mayRetry: (error: unknown) => boolean;
  /** The event that tells how many there was no room for. */
  dropped: (count: number) => { id: string; event: AuditEvent };
  onError: (error: unknown, lost: readonly AuditEvent[]) => void;
  /** Milliseconds of a clock that never jumps. */
  nowMs?: () => number;
}

/** Bounds of what waits; exported for the tests and the documents. */
export const maxWaiting = 1000;
export const maxPerWrite = 500;
/** An event that waited longer is written as if it had been this old: older than that, it would look like a forgery. */
export const maxAgeMs = 30 * 60 * 1000;
const retryMs = 1000;

interface Recorded {
  id: string;
  event: AuditEvent;
  recordedAtMs: number;
}

/**
 * Writes events that are no part of a transaction: at once where nothing is under way, and else together with all that came
 * meanwhile. So a storm of them costs one connection and one statement at a time, and no request waits. While the database
 * is away they wait in memory, as many as there is room for; the rest is counted.
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

  /** Resolves once all that waits is written, or could not be at the first try. To be called when nothing is added any more. */
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

  /** False when it has to be tried again. */
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
      // One that cannot be stored must not take the others with it.
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
