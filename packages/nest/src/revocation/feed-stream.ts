import type { StreamEvent, StreamHandlers } from './event-stream.js';
import { EventStreamParser } from './event-stream.js';
import { withAbort } from './linked-abort.js';
import type { Revocation } from './revoked-tokens.js';
import { toRevocation } from './revoked-tokens.js';

/** Pawl sends something every five seconds: a connection that is silent for longer than this is dead. */
const usualSilenceMs = 10_000;

/** What one connection to the feed reports. */
export interface FeedHandlers {
  /** Something has arrived. */
  heard(): void;
  revoked(revocation: Revocation): void;
  /** Everything that still matters, instead of what was known. `keepMs` is how long a revocation matters. */
  replaced(revocations: readonly Revocation[], keepMs: number): void;
  /** Everything that was committed by now has been reported. */
  current(): void;
  /** Where to resume. */
  cursor(cursor: string): void;
}

export interface FeedConnection {
  token: string;
  /** Where to resume. */
  cursor: string | undefined;
  signal: AbortSignal;
  /** After how much silence the connection counts as dead. */
  silenceMs?: number;
}

/**
 * Reads one connection to the feed until it ends. Throws if it cannot be opened, is silent for ten seconds or breaks. The
 * contract is in Pawl's docs/revocation.md.
 */
export async function readFeed(
  url: string,
  { token, cursor, signal, silenceMs = usualSilenceMs }: FeedConnection,
  handlers: FeedHandlers,
): Promise<void> {
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  // Both ends of the connection: once there is a response, the signal of the request may be lost to the garbage collector.
  const close = (connection: AbortController, reason: unknown) => {
    connection.abort(reason);
    body?.cancel().catch(() => undefined);
  };
  return withAbort(signal, async (connection) => {
    const onAbort = () => close(connection, signal.reason);
    const timer = setTimeout(() => close(connection, new Error(`nothing was heard for ${silenceMs} ms`)), silenceMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      body = await openStream(url, { token, cursor, signal: connection.signal });
      const parser = new EventStreamParser(new FeedEvents(handlers));
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await body.read();
        connection.signal.throwIfAborted();
        if (done) return;
        timer.refresh();
        handlers.heard();
        parser.push(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  });
}

async function openStream(
  url: string,
  { token, cursor, signal }: { token: string; cursor: string | undefined; signal: AbortSignal },
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = await fetch(url, {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      ...(cursor !== undefined && { 'last-event-id': cursor }),
    },
    redirect: 'error',
    signal,
  });
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && type.startsWith('text/event-stream') && response.body) {
    return (response.body as ReadableStream<Uint8Array>).getReader();
  }
  await response.body?.cancel();
  throw new Error(`${url} responded with ${response.status} ${type}`);
}

class FeedEvents implements StreamHandlers {
  /** What a snapshot has brought so far. It replaces what is known when it is complete, and not before. */
  private snapshot: Revocation[] | undefined;

  constructor(private readonly handlers: FeedHandlers) {}

  event({ event, data }: StreamEvent): void {
    const parsed: unknown = JSON.parse(data);
    if (event === 'snapshot') this.snapshot = [];
    else if (event === 'current') this.becomeCurrent(parsed);
    else if (event === 'message') {
      const revocation = toRevocation(parsed);
      if (!revocation) return;
      this.snapshot?.push(revocation);
      this.handlers.revoked(revocation);
    }
  }

  /** In the middle of a snapshot there is nothing to resume: what came before would be missing. */
  id(id: string): void {
    if (!this.snapshot) this.handlers.cursor(id);
  }

  private becomeCurrent(data: unknown): void {
    if (this.snapshot) this.handlers.replaced(this.snapshot, keepMsOf(data));
    this.snapshot = undefined;
    this.handlers.current();
  }
}

const longestLifetimeSeconds = 25 * 60 * 60;

function keepMsOf(data: unknown): number {
  const { keep_seconds: keepSeconds } = (data ?? {}) as { keep_seconds?: unknown };
  return 1000 * (typeof keepSeconds === 'number' ? keepSeconds : longestLifetimeSeconds);
}
