import type { Holder } from './refresher.js';
import type { HeldSession, Session } from './session.js';
import type { SessionStorage } from './storage.js';
import type { TabMessage } from './tabs.js';
import { Tabs } from './tabs.js';

type Listener = (session: Session | null) => void;

/** Who is signed in, here and in the other tabs. In bearer mode that is in the storage, in cookie mode in memory. */
export class SessionState implements Holder {
  readonly tabs: Tabs;
  private readonly listeners = new Set<{ notify: Listener }>();
  /** What the listeners know, as JSON. */
  private announced: string;
  /** Cookie mode: null is signed out, undefined is not known. */
  private inCookies: Session | null | undefined;
  /** Cookie mode: known since the last sign-in or refresh. */
  private held: HeldSession | undefined;

  constructor(
    name: string,
    private readonly usesCookies: boolean,
    private readonly storage: SessionStorage,
    /** A refresh that is under way is about a session that is not wanted any more. */
    private readonly stopRefresh: () => void,
  ) {
    this.tabs = new Tabs(name, (message) => this.hear(message));
    this.announced = JSON.stringify(this.load()?.session ?? null);
    if (!usesCookies) page()?.addEventListener?.('storage', this.onStorage);
  }

  /** Undefined is not known, which occurs only in cookie mode. */
  get session(): Session | null | undefined {
    return this.usesCookies ? this.inCookies : (this.load()?.session ?? null);
  }

  load(): HeldSession | undefined {
    return this.usesCookies ? this.held : this.storage.load();
  }

  /** Stores it, and informs listeners and the other tabs. */
  replace(held: HeldSession | undefined): void {
    const sessionId = this.session?.id;
    if (held?.session.id !== sessionId) this.stopRefresh();
    if (this.usesCookies) this.held = held;
    else this.storage.save(held);
    this.know(held?.session ?? null);
    // In bearer mode the tabs see the storage itself; a sign-out does not wait for that.
    if (!held) this.tabs.post({ type: 'signed_out', sessionId });
    else this.tabs.post(this.usesCookies ? { type: 'session', held } : { type: 'stored' });
  }

  /** A refusal ends the session that is known here. A tab that knows of none says nothing about those of other tabs. */
  end(): void {
    if (this.session) this.replace(undefined);
    else this.know(null);
  }

  know(next: Session | null): void {
    // A response with tokens says less about the user than one about the session.
    const isSame = next !== null && next.id === this.inCookies?.id;
    const session = isSame ? { ...next, user: { ...this.inCookies?.user, ...next.user } } : next;
    this.inCookies = session;
    if (!session) this.held = undefined;
    const json = JSON.stringify(session);
    if (json === this.announced) return;
    this.announced = json;
    for (const listener of [...this.listeners]) {
      // A listener has signed in or out, and all of them know that already.
      if (this.announced !== json) return;
      if (this.listeners.has(listener)) notify(listener, session);
    }
  }

  onChange(notify: Listener): () => void {
    // The same function can listen twice.
    const listener = { notify };
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.tabs.close();
    page()?.removeEventListener?.('storage', this.onStorage);
  }

  private hear(message: TabMessage): void {
    const current = this.session;
    if (message.type === 'stored') {
      this.know(current ?? null);
    } else if (message.type === 'session') {
      // A refresh of ours must neither put the cookies of the session before back nor end this one.
      const { held } = message;
      if (held.session.id !== current?.id) this.stopRefresh();
      this.held = held;
      this.know(held.session);
    } else if (message.type === 'signed_out') {
      const { sessionId = this.usesCookies ? current?.id : undefined } = message;
      // Tabs share their cookies, so a tab that did not know which session it ended has ended this one.
      // Null: the storage is empty already.
      if (current !== null && sessionId !== current?.id) return;
      this.stopRefresh();
      if (current && !this.usesCookies) this.storage.save(undefined);
      this.know(null);
    }
  }

  private readonly onStorage = ({ key }: { key: string | null }): void => {
    // Null: everything was cleared.
    if (key === null || key === this.storage.key) this.know(this.load()?.session ?? null);
  };
}

/** What a listener throws is its own fault: the others are notified, and the sign-in or sign-out goes on. */
function notify(listener: { notify: Listener }, session: Session | null): void {
  try {
    listener.notify(session);
  } catch (error) {
    const { reportError = console.error } = globalThis as { reportError?: (error: unknown) => void };
    reportError(error);
  }
}

/** React Native has a window without events. */
interface StorageEvents {
  addEventListener?(type: 'storage', listener: (event: { key: string | null }) => void): void;
  removeEventListener?(type: 'storage', listener: (event: { key: string | null }) => void): void;
}

function page(): StorageEvents | undefined {
  return (globalThis as { window?: StorageEvents }).window;
}
