import type { Holder } from './refresher.js';
import type { HeldSession, Session } from './session.js';
import type { SessionStorage } from './storage.js';
import type { TabMessage, Tabs } from './tabs.js';
import { openTabs } from './tabs.js';

type Listener = (session: Session | null) => void;

/** Who is signed in, here and in the other tabs. In bearer mode that is in the storage, in cookie mode in memory. */
export interface SessionState extends Holder {
  readonly tabs: Tabs;
  /** Undefined is not known, which occurs only in cookie mode. */
  readonly session: Session | null | undefined;
  /** Stores it, and informs listeners and the other tabs. */
  replace(held: HeldSession | undefined): void;
  know(session: Session | null): void;
  onChange(listener: Listener): () => void;
  close(): void;
}

export function createSessionState(
  name: string,
  usesCookies: boolean,
  storage: SessionStorage,
  /** A refresh that is under way is about a session that is not wanted any more. */
  stopRefresh: () => void,
  /** Cookie mode: asks the service who is signed in. */
  ask: () => void,
): SessionState {
  const listeners = new Set<{ notify: Listener }>();
  /** Cookie mode: null is signed out, undefined is not known. */
  let inCookies: Session | null | undefined;
  /** Cookie mode: known since the last sign-in or refresh. */
  let held: HeldSession | undefined;

  const tabs = openTabs(name, hear);
  /** What the listeners know, as JSON. */
  let announced = JSON.stringify(stored());
  // React Native has a window without events.
  const page = globalThis as Partial<PageEvents>;
  if (!usesCookies) page.addEventListener?.('storage', readStorage);
  page.addEventListener?.('pageshow', resume);

  function load(): HeldSession | undefined {
    return usesCookies ? held : storage.load();
  }

  function stored(): Session | null {
    return load()?.session ?? null;
  }

  function current(): Session | null | undefined {
    return usesCookies ? inCookies : stored();
  }

  function replace(next: HeldSession | undefined): void {
    const sessionId = current()?.id;
    if (next?.session.id !== sessionId) stopRefresh();
    if (usesCookies) held = next;
    else storage.save(next);
    know(next?.session ?? null);
    // In bearer mode the tabs see the storage itself; a sign-out does not wait for that.
    if (!next) tabs.post({ type: 'signed_out', sessionId });
    else tabs.post(usesCookies ? { type: 'session', held: next } : { type: 'stored' });
  }

  function know(next: Session | null): void {
    // A response with tokens says less about the user than one about the session.
    const isSame = next !== null && next.id === inCookies?.id;
    const session = isSame ? { ...next, user: { ...inCookies?.user, ...next.user } } : next;
    inCookies = session;
    if (!session) held = undefined;
    const json = JSON.stringify(session);
    if (json === announced) return;
    announced = json;
    for (const listener of [...listeners]) {
      // A listener has signed in or out, and all of them know that already.
      if (announced !== json) return;
      if (listeners.has(listener)) notify(listener, session);
    }
  }

  function hear(message: TabMessage): void {
    const session = current();
    if (message.type === 'stored') {
      readStorage();
    } else if (message.type === 'session') {
      // A refresh of ours must neither put the cookies of the session before back nor end this one.
      if (message.held.session.id !== session?.id) stopRefresh();
      held = message.held;
      know(held.session);
    } else if (message.type === 'signed_out') {
      const { sessionId = usesCookies ? session?.id : undefined } = message;
      // Tabs share their cookies, so a tab that did not know which session it ended has ended this one.
      // Null: the storage is empty already.
      if (session !== null && sessionId !== session?.id) return;
      stopRefresh();
      if (session && !usesCookies) storage.save(undefined);
      know(null);
    }
  }

  function readStorage(): void {
    know(stored());
  }

  /** A page that the browser kept for its back button has missed what happened meanwhile, such as a sign-out. */
  function resume({ persisted }: { persisted?: boolean }): void {
    if (!persisted) return;
    if (usesCookies) ask();
    else readStorage();
  }

  return {
    tabs,
    get session() {
      return current();
    },
    load,
    replace,
    // A tab that knows of no session says nothing about those of other tabs.
    end: () => (current() ? replace(undefined) : know(null)),
    know,
    onChange: (listener) => {
      // The same function can listen twice.
      const entry = { notify: listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    close: () => {
      tabs.close();
      page.removeEventListener?.('storage', readStorage);
      page.removeEventListener?.('pageshow', resume);
    },
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

type Listen = (type: 'storage' | 'pageshow', listener: (event: { persisted?: boolean }) => void) => void;

interface PageEvents {
  addEventListener: Listen;
  removeEventListener: Listen;
}
