import type { Holder } from './refresher.js';
import type { HeldSession, Session } from './session.js';
import type { SessionStorage } from './storage.js';
import type { TabMessage } from './tabs.js';
import { Tabs } from './tabs.js';

type Listener = (session: Session | null) => void;

/** Who is signed in, here and in the other tabs. In bearer mode that is in the storage, in cookie mode in memory. */
export class SessionState implements Holder {
  readonly tabs: Tabs;
  private readonly listeners = new Set<Listener>();
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
    if (!usesCookies) page()?.addEventListener('storage', this.onStorage);
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
    if (this.usesCookies) this.held = held;
    else this.storage.save(held);
    this.know(held?.session ?? null);
    // In bearer mode the tabs see the storage itself; a sign-out does not wait for that.
    if (!held) this.tabs.post({ type: 'signed_out', sessionId });
    else if (this.usesCookies) this.tabs.post({ type: 'session', held });
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
    const json = JSON.stringify(session);
    if (json === this.announced) return;
    this.announced = json;
    for (const listener of this.listeners) listener(session);
  }

  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.tabs.close();
    page()?.removeEventListener('storage', this.onStorage);
  }

  private hear(message: TabMessage): void {
    const current = this.session;
    if (message.type === 'session') {
      // A refresh of ours must neither put the cookies of the session before back nor end this one.
      if (message.held.session.id !== current?.id) this.stopRefresh();
      this.held = message.held;
      this.know(message.held.session);
    } else if (message.type === 'signed_out') {
      const { sessionId = this.usesCookies ? current?.id : undefined } = message;
      // Tabs share their cookies, so a tab that did not know which session it ended has ended this one.
      if (sessionId !== current?.id) return;
      this.stopRefresh();
      if (this.usesCookies) this.held = undefined;
      else this.storage.save(undefined);
      this.know(null);
    }
  }

  private readonly onStorage = ({ key }: { key: string | null }): void => {
    // Null: everything was cleared.
    if (key === null || key === this.storage.key) this.know(this.load()?.session ?? null);
  };
}

interface StorageEvents {
  addEventListener(type: 'storage', listener: (event: { key: string | null }) => void): void;
  removeEventListener(type: 'storage', listener: (event: { key: string | null }) => void): void;
}

function page(): StorageEvents | undefined {
  return (globalThis as { window?: StorageEvents }).window;
}
