import { Readable } from 'node:stream';
import type { RevocationLog } from '../../sessions/revocation-log.js';
import type { FeedStart } from './feed-page.js';
import type { FeedToken } from './feed-token.js';

/** What a follower that does not read may keep in memory here. The log itself holds the rest. */
const bufferBytes = 64 * 1024;
const entriesPerPush = 200;
/** How long a follower waits at least before it reconnects. */
const retryMs = 1000;
const comment = Buffer.from(':\n\n');

/**
 * The body of one open stream: server-sent events (WHATWG HTML section 9.2). It reads from the shared log as fast as the
 * connection takes it, so a slow follower costs no more memory than a fast one.
 */
export class Follower extends Readable {
  private position: number;
  private readonly isSnapshot: boolean;
  private announcedCurrent = false;
  private accepts = true;
  private sentAtMs = performance.now();

  constructor(
    readonly token: FeedToken,
    private readonly log: RevocationLog,
    { position, isSnapshot }: FeedStart,
  ) {
    super({ highWaterMark: bufferBytes });
    this.position = position;
    this.isSnapshot = isSnapshot;
    this.send(Buffer.from(`retry: ${retryMs}\n\n${this.isSnapshot ? this.named('snapshot') : ''}`));
    this.sendNew();
  }

  /** When it was last sent something, in milliseconds of `performance.now()`. */
  get lastSentAtMs(): number {
    return this.sentAtMs;
  }

  /** Whether the connection does not take what was sent. */
  get isBlocked(): boolean {
    return !this.accepts;
  }

  /** Sends what the log has and this follower does not. */
  sendNew(): void {
    while (this.accepts && !this.destroyed && !this.readableEnded) {
      const entries = this.log.after(this.position, entriesPerPush);
      const last = entries.at(-1);
      if (!last) break;
      this.position = last.position;
      // Almost always one: then all followers share its bytes.
      this.send(entries.length === 1 ? last.event : Buffer.concat(entries.map(({ event }) => event)));
    }
    if (!this.accepts || this.announcedCurrent) return;
    this.announcedCurrent = true;
    this.send(Buffer.from(`id: ${this.log.end.cursor}\n${this.named('current')}`));
  }

  /** Shows that the connection and the feed behind it are alive. */
  sendComment(): void {
    if (this.accepts) this.send(comment);
  }

  override _read(): void {
    this.accepts = true;
    this.sendNew();
  }

  private send(bytes: Buffer): void {
    this.sentAtMs = performance.now();
    this.accepts = this.push(bytes);
  }

  private named(event: 'snapshot' | 'current'): string {
    return `event: ${event}\ndata: ${JSON.stringify({ keep_seconds: this.log.lifetimeSeconds })}\n\n`;
  }
}
