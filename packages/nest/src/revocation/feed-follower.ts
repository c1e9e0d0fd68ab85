import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { PawlClient } from '../options.js';
import { fetchClientToken } from './client-token.js';
import { readFeed } from './feed-stream.js';
import { withAbort } from './linked-abort.js';
import type { RevocationState } from './revocation-state.js';

/** The wait before a reconnect: random between once and twice this, and twice as long after each failure. */
const reconnectMs = 1000;
const maxReconnectMs = 15_000;
/** A new connection has this long to become current before the one that it replaces is closed anyway. */
const handOverMs = 10_000;

/**
 * Follows Pawl's revocation feed for as long as the service runs. Before the token of a connection expires it opens a second
 * connection and then closes the first, so that no revocation is late.
 */
export class FeedFollower {
  private readonly logger = new Logger('Pawl');
  private readonly stopping = new AbortController();
  private cursor: string | undefined;
  private failures = 0;
  private isFollowing = true;
  private running: Promise<void> | undefined;
  /** Closes the connection that the next one replaces. */
  private closePrevious: () => void = () => undefined;

  constructor(
    private readonly address: string,
    private readonly client: PawlClient,
    private readonly state: RevocationState,
  ) {}

  start(): void {
    this.running ??= this.followForever();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async followForever(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if ((await this.followOnce()) === 'renew') continue;
      } catch (error) {
        this.logFailure(error);
      }
      await this.waitToReconnect();
    }
    this.closePrevious();
  }

  private async followOnce(): Promise<'ended' | 'renew'> {
    const { signal } = this.stopping;
    const token = await fetchClientToken(this.address, this.client, signal);
    let close: () => void = () => undefined;
    const reading = withAbort(signal, (connection) => {
      close = () => connection.abort();
      return this.read(token.text, connection.signal);
    });
    if (!(await outlasts(reading, token.renewAtMs))) return 'ended';
    reading.catch(() => undefined);
    this.closePrevious = sooner(() => close(), handOverMs);
    return 'renew';
  }

  private read(token: string, signal: AbortSignal): Promise<void> {
    const { state } = this;
    const url = `${this.address}/oauth/revocations`;
    return readFeed(
      url,
      { token, cursor: this.cursor, signal },
      {
        heard: () => state.heard(),
        revoked: (revocation) => state.revoked(revocation),
        replaced: (revocations, keepMs) => state.replaced(revocations, keepMs),
        cursor: (cursor) => (this.cursor = cursor),
        current: () => {
          state.current();
          this.closePrevious();
          this.failures = 0;
          if (!this.isFollowing) this.logger.log('The revocation feed is followed again.');
          this.isFollowing = true;
        },
      },
    );
  }

  /** Random, so that a thousand followers do not return in the same moment. */
  private async waitToReconnect(): Promise<void> {
    const baseMs = Math.min(reconnectMs * 2 ** this.failures++, maxReconnectMs);
    const { signal } = this.stopping;
    await sleep(baseMs * (1 + Math.random()), undefined, { signal }).catch(() => undefined);
  }

  /** One line for an outage, and not one for each attempt. */
  private logFailure(error: unknown): void {
    if (this.stopping.signal.aborted || !this.isFollowing) return;
    this.isFollowing = false;
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    const meanwhile = this.state.isKnown ? 'what is known goes on' : 'requests get 503 until it is';
    this.logger.warn(`The revocation feed is not followed, ${meanwhile}: ${reason}`);
  }
}

/** Resolves with false when `work` ends, and with true at that moment if it has not. Throws what `work` throws. */
async function outlasts(work: Promise<void>, atMs: number): Promise<boolean> {
  const cancel = new AbortController();
  const reached = sleep(Math.max(0, atMs - performance.now()), true, { signal: cancel.signal }).catch(() => true);
  try {
    return await Promise.race([work.then(() => false), reached]);
  } finally {
    cancel.abort();
  }
}

/** Returns a function that calls `action` at once, which happens by itself after `ms`. */
function sooner(action: () => void, ms: number): () => void {
  const timer = setTimeout(action, ms).unref();
  return () => {
    clearTimeout(timer);
    action();
  };
}
