import type { Clock } from '../common/clock.js';

const keptMs = 60 * 60 * 1000;
/** A provider that is down is asked again soon, but not by every user. */
const keptFailureMs = 5000;

/** Fetches a document when it is needed, once for all who wait for it, and keeps it for an hour. */
export class CachedDiscovery<Document> {
  private current: { document: Promise<Document>; sinceMs: number; untilMs: number } | undefined;

  constructor(
    private readonly fetchDocument: () => Promise<Document>,
    private readonly clock: Clock,
  ) {}

  get(): Promise<Document> {
    if (this.current && this.clock.elapsedMs() < this.current.untilMs) return this.current.document;
    const sinceMs = this.clock.elapsedMs();
    const fetching = { document: this.fetchDocument(), sinceMs, untilMs: sinceMs + keptMs };
    this.current = fetching;
    fetching.document.catch(() => {
      fetching.untilMs = this.clock.elapsedMs() + keptFailureMs;
    });
    return fetching.document;
  }

  /** It is out of date: fetches it again when it is needed next, but not more often than a provider that is down. */
  discard(): void {
    if (this.current) this.current.untilMs = Math.min(this.current.untilMs, this.current.sinceMs + keptFailureMs);
  }
}
