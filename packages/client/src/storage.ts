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

/** `localStorage`, which all tabs share; none in Node.js, and where the browser forbids it. */
export function defaultStorage(): PawlStorage | undefined {
  try {
    return inBrowser() ? (globalThis as { localStorage?: PawlStorage }).localStorage : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this is a page or a worker of one. Node.js has BroadcastChannel and, from version 22, localStorage too. */
export function inBrowser(): boolean {
  return 'location' in globalThis;
}

/** The session in a storage. It is read anew each time, because other tabs write to it. */
export class SessionStorage {
  private readonly deviceKey: string;
  /** What a full or forbidden storage refused. It counts until somebody else changes what is stored. Everything, if there is none. */
  private readonly refused = new Map<string, { stored: string | null; value: string | null }>();

  constructor(
    private readonly storage: PawlStorage | null | undefined,
    readonly key: string,
  ) {
    this.deviceKey = `${key}:device`;
  }

  load(): HeldSession | undefined {
    try {
      const held = JSON.parse(this.read(this.key)!) as HeldSession;
      const { session, accessToken, refreshToken } = held;
      return session.id && session.user.id && isToken(accessToken) && isToken(refreshToken) ? held : undefined;
    } catch {
      return undefined; // nothing, or somebody else's value
    }
  }

  save(held: HeldSession | undefined): void {
    this.write(this.key, held ? JSON.stringify(held) : null);
  }

  /** Proves at a sign-in that this device is known. It stays when the user signs out. */
  get deviceToken(): string | undefined {
    const token = this.read(this.deviceKey);
    return isToken(token) ? token : undefined;
  }

  saveDeviceToken(token: string): void {
    this.write(this.deviceKey, token);
  }

  private read(key: string): string | null {
    const stored = this.stored(key);
    const refused = this.refused.get(key);
    return refused?.stored === stored ? refused.value : stored;
  }

  private write(key: string, value: string | null): void {
    this.refused.delete(key);
    try {
      if (value === null) this.storage!.removeItem(key);
      else this.storage!.setItem(key, value);
    } catch {
      this.refused.set(key, { stored: this.stored(key), value });
    }
  }

  private stored(key: string): string | null {
    try {
      return this.storage!.getItem(key);
    } catch {
      return null;
    }
  }
}

/** Whether it can be sent in a header. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]+$/.test(value);
}
