import type { HeldSession } from './session.js';
import { inBrowser } from './storage.js';

/** What tabs tell each other. Tokens are never in a message. */
export type TabMessage =
  /** `from` wants to refresh, or (`leads`) is refreshing. */
  | { type: 'refreshing'; from: number; leads: boolean }
  | { type: 'refreshed'; from: number }
  /** In cookie mode: what a sign-in or a refresh returned. */
  | { type: 'session'; held: HeldSession }
  /** In bearer mode: the storage has changed. Its own event does not reach other clients of the same page. */
  | { type: 'stored' }
  | { type: 'signed_out'; sessionId: string | undefined };

interface Channel {
  postMessage(message: TabMessage): void;
  close(): void;
  onmessage: ((event: { data: TabMessage | null }) => void) | null;
}

/** How long two tabs that start at the same moment wait to notice each other. */
const settleMs = 20;
/** How long a tab waits for another one, which may be suspended or closed by now. Then it refreshes by itself. */
const followMs = 3000;

/**
 * Lets one tab refresh while the others wait for its result. This only saves requests: the service handles refreshes that
 * overlap. So no tab waits longer than three seconds, whatever became of the one that it waits for.
 */
export class Tabs {
  private channel: Channel | undefined;
  private readonly me = Math.random();
  private leading = false;
  private leader: number | undefined;
  private onRefreshed: (() => void) | undefined;

  constructor(name: string, onMessage: (message: TabMessage) => void) {
    const { BroadcastChannel } = globalThis as unknown as { BroadcastChannel?: new (name: string) => Channel };
    if (!BroadcastChannel || !inBrowser()) return;
    try {
      this.channel = new BroadcastChannel(name);
    } catch {
      return; // Firefox forbids it together with storage. So each tab refreshes by itself.
    }
    this.channel.onmessage = ({ data }) => {
      if (data?.type === 'refreshing') this.hearClaim(data.from, data.leads);
      else if (data?.type === 'refreshed') this.hearResult(data.from);
      // Anything else is not ours, or of another version.
      else if (data && (data.type !== 'session' || isHeld(data.held))) onMessage(data);
    };
  }

  post(message: TabMessage): void {
    this.channel?.postMessage(message);
  }

  /** Resolves to whether another tab has refreshed meanwhile. If not, this tab leads until `finish`. */
  async claim(): Promise<boolean> {
    if (!this.channel) return false;
    if (this.leader === undefined) {
      this.post({ type: 'refreshing', from: this.me, leads: false });
      await sleep(settleMs);
    }
    if (this.leader !== undefined && (await this.follow())) return true;
    this.leader = undefined;
    this.leading = true;
    this.post({ type: 'refreshing', from: this.me, leads: true });
    return false;
  }

  finish(): void {
    if (!this.leading) return;
    this.leading = false;
    this.post({ type: 'refreshed', from: this.me });
  }

  close(): void {
    this.channel?.close();
    this.channel = undefined;
  }

  /** A tab that leads already stays; of two that start together, the lower number leads. */
  private hearClaim(from: number, leads: boolean): void {
    if (this.leading) this.post({ type: 'refreshing', from: this.me, leads: true });
    else if (leads || from < this.me) this.leader = from;
  }

  private hearResult(from: number): void {
    if (this.leader !== from) return;
    this.leader = undefined;
    this.onRefreshed?.();
  }

  /** Resolves to false if nothing was heard in time. */
  private follow(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), followMs);
      this.onRefreshed = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

function isHeld(held: Partial<HeldSession> | null | undefined): boolean {
  return held?.session?.user !== undefined;
}

/** Ends early if `signal` is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => resolve());
  });
}
