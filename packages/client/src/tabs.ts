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
 * Lets one tab refresh or sign in while the others wait for its result. For refreshes this only saves requests: the service
 * handles those that overlap. So no tab waits longer than three seconds, whatever became of the one that it waits for.
 */
export interface Tabs {
  post(message: TabMessage): void;
  /** Resolves to whether another tab has refreshed meanwhile. If not, this tab leads until `finish`. */
  claim(): Promise<boolean>;
  /** This tab leads until `finish`, whatever others do. */
  lead(): void;
  finish(): void;
  close(): void;
}

export function openTabs(name: string, onMessage: (message: TabMessage) => void): Tabs {
  const me = Math.random();
  let channel = openChannel(name);
  let leading = false;
  let leader: number | undefined;
  const followers: (() => void)[] = [];

  const post = (message: TabMessage) => channel?.postMessage(message);
  const announce = (leads: boolean) => post({ type: 'refreshing', from: me, leads });

  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data?.type === 'refreshing') {
        // A tab that leads already stays, and says so; of two that start together, the lower number leads.
        if (!leading && (data.leads || data.from < me)) leader = data.from;
        if (leading && !data.leads) announce(true);
      } else if (data?.type === 'refreshed') {
        if (leader !== data.from) return;
        leader = undefined;
        for (const wake of followers.splice(0)) wake();
      } else if (data && (data.type !== 'session' || isHeld(data.held))) {
        // Anything else is not ours, or of another version.
        onMessage(data);
      }
    };
  }

  /** Resolves to whether another tab has led and finished. */
  const follow = async () => {
    if (leader === undefined) return false;
    const hasFinished = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), followMs);
      followers.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    leader = undefined;
    return hasFinished;
  };
  const lead = () => {
    if (leading) return;
    leading = true;
    announce(true);
  };

  return {
    post,
    claim: async () => {
      if (!channel) return false;
      if (leader === undefined) {
        announce(false);
        await sleep(settleMs);
      }
      if (await follow()) return true;
      lead();
      return false;
    },
    lead,
    finish: () => {
      if (!leading) return;
      leading = false;
      post({ type: 'refreshed', from: me });
    },
    close: () => {
      channel?.close();
      channel = undefined;
    },
  };
}

function openChannel(name: string): Channel | undefined {
  const { BroadcastChannel } = globalThis as unknown as { BroadcastChannel?: new (name: string) => Channel };
  try {
    return BroadcastChannel && inBrowser() ? new BroadcastChannel(name) : undefined;
  } catch {
    return undefined; // Firefox forbids it together with storage. So each tab refreshes by itself.
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
