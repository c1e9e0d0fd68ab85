import type { Clock } from '../common/clock.js';

const keptSeconds = 60 * 60;
/** A provider that is down is asked again soon, but not by every user. */
const keptFailureSeconds = 5;

/** Fetches a document when it is needed, once for all who wait for it, and keeps it for an hour. */
export class CachedDiscovery<Document> {
  private current: { document: Promise<Document>; until: number } | undefined;

  constructor(
    private readonly fetchDocument: () => Promise<Document>,
    private readonly clock: Clock,
  ) {}

  get(): Promise<Document> {
    if (this.current && this.clock.nowSeconds() < this.current.until) return this.current.document;
    const fetching = { document: this.fetchDocument(), until: this.clock.nowSeconds() + keptSeconds };
    this.current = fetching;
    fetching.document.catch(() => {
      fetching.until = this.clock.nowSeconds() + keptFailureSeconds;
    });
    return fetching.document;
  }
}
