import { isEnd, isTemporary, PawlError, readPawlError } from './errors.js';
import { inTime, requestTimeoutMs } from './in-time.js';
import { sleep } from './tabs.js';

/** What a refresh returned, or `signed_out`. */
export interface RefreshedCookies {
  accessToken: string;
  refreshToken: string;
  /** As Pawl sent them. */
  setCookies: readonly string[];
  /** By the monotonic clock. */
  receivedAtMs: number;
}

/** How long a result is reused by requests that were sent with the token from before. */
const reuseMs = 5000;
const maxAttempts = 4;
const firstPauseMs = 100;
/** A page does not wait longer for a service that asks for it: its caller learns how long that is. */
const maxPauseMs = 2000;

/** Refreshes each token once, however many requests carry it at the same time. */
export class ServerRefreshes {
  private readonly running = new Map<string, Promise<RefreshedCookies | undefined>>();

  constructor(
    private readonly url: string,
    private readonly cookiePrefix: string,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** Undefined: the session has ended. Throws if Pawl could not be asked: that is not a reason to sign anybody out. */
  refresh(refreshToken: string, headers: Headers): Promise<RefreshedCookies | undefined> {
    const known = this.running.get(refreshToken);
    if (known) return known;
    const result = this.present(refreshToken, headers);
    this.running.set(refreshToken, result);
    const forget = () => void this.running.delete(refreshToken);
    result.then(() => unref(setTimeout(forget, reuseMs)), forget);
    return result;
  }

  private async present(refreshToken: string, headers: Headers): Promise<RefreshedCookies | undefined> {
    for (let attempt = 1; ; attempt++) {
      const result = await this.attempt(refreshToken, headers);
      if (!(result instanceof PawlError)) return result.cookies;
      const pauseMs = result.retryAfterSeconds ? result.retryAfterSeconds * 1000 : firstPauseMs * 2 ** attempt;
      if (attempt === maxAttempts || pauseMs > maxPauseMs) throw result;
      // The same token again: Pawl repeats a response that was lost.
      await sleep(pauseMs);
    }
  }

  /** Returns the error if another attempt can help, and throws any other. */
  private async attempt(token: string, headers: Headers): Promise<PawlError | { cookies?: RefreshedCookies }> {
    const sent = new Headers(headers);
    sent.set('Cookie', `__Host-${this.cookiePrefix}_refresh=${token}`);
    let response: Response;
    try {
      response = await inTime(async (signal) => {
        const refreshed = await this.fetch(`${this.url}/auth/refresh`, { method: 'POST', headers: sent, signal });
        await refreshed.clone().arrayBuffer();
        return refreshed;
      }, requestTimeoutMs);
    } catch (error) {
      return error as PawlError;
    }
    const setCookies = response.headers.getSetCookie();
    const accessToken = valueOf(setCookies, `__Host-${this.cookiePrefix}_access`);
    const refreshToken = valueOf(setCookies, `__Host-${this.cookiePrefix}_refresh`);
    if (response.ok && accessToken !== undefined && refreshToken !== undefined) {
      return { cookies: { accessToken, refreshToken, setCookies, receivedAtMs: performance.now() } };
    }
    const error = await readPawlError(response);
    if (isEnd(error)) return {};
    if (isTemporary(error)) return error;
    throw error;
  }
}

/** The value that a cookie was set to last. */
export function valueOf(setCookies: readonly string[], name: string): string | undefined {
  const cookie = [...setCookies].reverse().find((value) => value.startsWith(`${name}=`));
  return cookie?.slice(name.length + 1).split(';', 1)[0];
}

/** A timer does not keep a Node.js process alive. */
function unref(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}
