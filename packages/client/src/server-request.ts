import { readBody, readPawlError } from './errors.js';
import { inTime, requestTimeoutMs } from './in-time.js';
import type { RefreshedCookies, ServerRefreshes } from './server-refresh.js';
import { valueOf } from './server-refresh.js';
import type { Session, User } from './session.js';

/** Pawl is told what it would see of the browser itself. */
const forwardedHeaders = ['user-agent', 'accept-language'];

/**
 * How old the cookies of a refresh may be when they are handed to the browser. A page that took longer could put them over
 * newer ones. Without them the browser keeps the token before, which Pawl accepts once more.
 */
const maxHandBackMs = 10_000;

/** The session of one request: reads its cookies, and refreshes at most once. */
export class RequestSession {
  private readonly headers = new Headers();
  private readonly cookieHeader: string;
  private readonly prefix: string;
  private readonly accessName: string;
  private readonly refreshName: string;
  private access: string | undefined;
  private refreshing: Promise<RefreshedCookies | undefined> | undefined;
  private refreshed: RefreshedCookies | undefined;
  /** What other calls set, such as a sign-in. */
  private readonly otherSetCookies: string[] = [];

  constructor(
    private readonly url: string,
    cookiePrefix: string,
    headers: Headers,
    clientAddress: string | undefined,
    private readonly send: typeof globalThis.fetch,
    private readonly refreshes: ServerRefreshes,
  ) {
    this.prefix = `__Host-${cookiePrefix}_`;
    this.accessName = `${this.prefix}access`;
    this.refreshName = `${this.prefix}refresh`;
    this.cookieHeader = headers.get('cookie') ?? '';
    this.access = this.cookieOf(this.accessName);
    for (const name of forwardedHeaders) {
      const value = headers.get(name);
      if (value !== null) this.headers.set(name, value);
    }
    if (clientAddress !== undefined) this.headers.set('X-Forwarded-For', clientAddress);
  }

  async session(): Promise<Session | null> {
    if (!this.access && !this.cookieOf(this.refreshName)) return null;
    const headers = new Headers(this.headers);
    headers.set('Cookie', this.ownCookies);
    const { user, session_id: id } = await inTime(async (signal) => {
      const response = await this.send(`${this.url}/auth/session`, { headers, signal });
      return readBody<{ user: User | null; session_id?: string }>(response, 'user');
    }, requestTimeoutMs);
    return user && id !== undefined ? { id, user } : null;
  }

  async fetch(path: string, init: RequestInit | undefined): Promise<Response> {
    // Without its slash, a path could continue the name of the host.
    const request = new Request(this.url + (path.startsWith('/') ? path : `/${path}`), init);
    const accessToken = await this.accessToken();
    const response = await this.sendAsBrowser(request.clone());
    if (response.status !== 401 || accessToken === undefined) return response;
    const { code } = await readPawlError(response);
    if (!code.startsWith('token_')) return response;
    // Calls that were refused together share the refresh, and a token that it returned is not refreshed again.
    const fresh = (await this.refreshOnce())?.accessToken;
    return fresh === undefined || fresh === accessToken ? response : this.sendAsBrowser(request);
  }

  /** Browsers drop an access cookie that has expired, so a missing one is refreshed. */
  async accessToken(): Promise<string | undefined> {
    if (this.access === undefined) await this.refreshOnce();
    return this.access;
  }

  get setCookies(): readonly string[] {
    const { refreshed } = this;
    const isRecent = refreshed && performance.now() - refreshed.receivedAtMs < maxHandBackMs;
    return [...(isRecent ? refreshed.setCookies : []), ...this.otherSetCookies];
  }

  get cookie(): string {
    const setCookies = [...(this.refreshed?.setCookies ?? []), ...this.otherSetCookies];
    const others = setCookies
      .map((value) => value.split('=', 1)[0]!)
      .reduce((header, name) => header.replace(this.patternOf(name), ''), this.cookieHeader)
      .replace(/^[;,\s]+/, '');
    const newest = new Map(setCookies.map((value) => [value.split('=', 1)[0]!, value.split(';', 1)[0]!]));
    return [others, ...newest.values()].filter((pair) => pair && !pair.endsWith('=')).join('; ');
  }

  private async refreshOnce(): Promise<RefreshedCookies | undefined> {
    const token = this.cookieOf(this.refreshName);
    if (token === undefined) return undefined;
    this.refreshing ??= this.refreshes.refresh(token, this.headers).then((refreshed) => {
      this.refreshed = refreshed;
      if (refreshed) this.access = refreshed.accessToken;
      return refreshed;
    });
    return this.refreshing;
  }

  /** With cookies Pawl responds in kind: new tokens after a change of the password, or none after a sign-out, are in cookies. */
  private async sendAsBrowser(request: Request): Promise<Response> {
    const headers = new Headers(request.headers);
    for (const [name, value] of this.headers) headers.set(name, value);
    if (this.ownCookies) headers.set('Cookie', this.ownCookies);
    const response = await this.send(new Request(request, { headers }));
    const own = response.headers.getSetCookie().filter((value) => value.startsWith(this.prefix));
    this.otherSetCookies.push(...own);
    const access = valueOf(own, this.accessName);
    if (access !== undefined) this.access = access || undefined;
    return response;
  }

  /** Pawl gets its own cookies, and none of the application's. */
  private get ownCookies(): string {
    const deviceName = `${this.prefix}device`;
    const refresh = valueOf(this.otherSetCookies, this.refreshName) ?? this.refreshed?.refreshToken;
    const own = [
      [this.accessName, this.access],
      [this.refreshName, refresh ?? this.cookieOf(this.refreshName)],
      [deviceName, this.cookieOf(deviceName)],
    ];
    return own.flatMap(([name, value]) => (value ? [`${name}=${value}`] : [])).join('; ');
  }

  /** The value is left as it is. An empty one counts as none. */
  private cookieOf(name: string): string | undefined {
    return this.patternOf(name).exec(this.cookieHeader)?.[1] || undefined;
  }

  /** HTTP/2 may split the header, and some platforms join its parts with commas. Our values have none. */
  private patternOf(name: string): RegExp {
    return new RegExp(`(?:^|[;,])\\s*${name}=([^;,\\s]*)`);
  }
}
