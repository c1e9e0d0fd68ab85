import type { HeldSession } from './session.js';

/** Where tokens are kept in bearer mode: `localStorage`, or anything with these three methods. */
export interface PawlStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export function memoryStorage(): PawlStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/** `localStorage`, which all tabs share; memory where there is none, as in Node.js, or where the browser forbids it. */
export function defaultStorage(): PawlStorage {
  try {
    return inBrowser()
      ? ((globalThis as { localStorage?: PawlStorage }).localStorage ?? memoryStorage())
      : memoryStorage();
  } catch {
    return memoryStorage();
  }
}

/** Whether this is a page or a worker of one. Node.js has BroadcastChannel and, from version 22, localStorage too. */
export function inBrowser(): boolean {
  return 'location' in globalThis;
}

/** The session in a storage. It is read anew each time, because other tabs write to it. */
export class SessionStorage {
  private readonly deviceKey: string;

  constructor(
    private readonly storage: PawlStorage,
    readonly key: string,
  ) {
    this.deviceKey = `${key}:device`;
  }

  load(): HeldSession | undefined {
    try {
      const held = JSON.parse(this.storage.getItem(this.key) ?? 'null') as HeldSession | null;
      return held?.refreshToken === undefined ? undefined : held;
    } catch {
      return undefined; // somebody else's value
    }
  }

  save(held: HeldSession | undefined): void {
    if (held) this.storage.setItem(this.key, JSON.stringify(held));
    else this.storage.removeItem(this.key);
  }

  /** Proves at a sign-in that this device is known. It stays when the user signs out. */
  get deviceToken(): string | null {
    return this.storage.getItem(this.deviceKey);
  }

  saveDeviceToken(token: string): void {
    this.storage.setItem(this.deviceKey, token);
  }
}
