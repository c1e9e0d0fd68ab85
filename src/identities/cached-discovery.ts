import type { Clock } from '../common/clock.js';

const keptSeconds = 60 * 60;
/** A provider that is down is asked again soon, but not by every user. */
const keptFailureSeconds = 5;

/** Fetches a document when it is needed, once for all who wait for it, and keeps it for an hour. */
export class CachedDiscovery<Document> {
  private current: { document: Promise<Document>; since: number; until: number } | undefined;

  constructor(
    private readonly fetchDocument: () => Promise<Document>,
    private readonly clock: Clock,
  ) {}

  get(): Promise<Document> {
    if (this.current && this.clock.nowSeconds() < this.current.until) return this.current.document;
    const since = this.clock.nowSeconds();
    const fetching = { document: this.fetchDocument(), since, until: since + keptSeconds };
    this.current = fetching;
    fetching.document.catch(() => {
      fetching.until = this.clock.nowSeconds() + keptFailureSeconds;
    });
    return fetching.document;
  }

  /** It is out of date: fetches it again when it is needed next, but not more often than a provider that is down. */
  discard(): void {
    if (this.current) this.current.until = Math.min(this.current.until, this.current.since + keptFailureSeconds);
  }
}
