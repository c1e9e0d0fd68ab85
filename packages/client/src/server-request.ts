import { readPawlError } from './errors.js';
import type { RefreshedCookies, ServerRefreshes } from './server-refresh.js';
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
  private readonly cookies: Map<string, string>;
  private readonly accessName: string;
  private readonly refreshName: string;
  private refreshing: Promise<RefreshedCookies | undefined> | undefined;
  private refreshed: RefreshedCookies | undefined;

  constructor(
    private readonly url: string,
    cookiePrefix: string,
    headers: Headers,
    clientAddress: string | undefined,
    private readonly send: typeof globalThis.fetch,
    private readonly refreshes: ServerRefreshes,
  ) {
    this.accessName = `__Host-${cookiePrefix}_access`;
    this.refreshName = `__Host-${cookiePrefix}_refresh`;
    this.cookies = parseCookies(headers.get('cookie') ?? '');
    for (const name of forwardedHeaders) {
      const value = headers.get(name);
      if (value !== null) this.headers.set(name, value);
    }
    if (clientAddress !== undefined) this.headers.set('X-Forwarded-For', clientAddress);
  }

  async session(): Promise<Session | null> {
    if (!this.currentAccess && !this.currentRefresh) return null;
    const headers = new Headers(this.headers);
    headers.set('Cookie', this.ownCookies);
    const response = await this.send(`${this.url}/auth/session`, { headers });
    if (!response.ok) throw await readPawlError(response);
    const { user, session_id: id } = (await response.json()) as { user: User | null; session_id?: string };
    return user && id !== undefined ? { id, user } : null;
  }

  async fetch(request: Request): Promise<Response> {
    const accessToken = await this.accessToken();
    const response = await this.sendAs(request.clone(), accessToken);
    if (response.status !== 401 || accessToken === undefined || this.refreshing) return response;
    const { code } = await readPawlError(response);
    if (!code.startsWith('token_')) return response;
    const refreshed = await this.refreshOnce();
    return refreshed ? this.sendAs(request, refreshed.accessToken) : response;
  }

  /** Browsers drop an access cookie that has expired, so a missing one is refreshed. */
  async accessToken(): Promise<string | undefined> {
    return this.currentAccess ?? (await this.refreshOnce())?.accessToken;
  }

  get setCookies(): readonly string[] {
    const { refreshed } = this;
    return refreshed && performance.now() - refreshed.receivedAtMs < maxHandBackMs ? refreshed.setCookies : [];
  }

  get cookie(): string {
    const all = new Map(this.cookies);
    if (this.refreshed) {
      all.set(this.accessName, this.refreshed.accessToken);
      all.set(this.refreshName, this.refreshed.refreshToken);
    }
    return Array.from(all, ([name, value]) => `${name}=${value}`).join('; ');
  }

  private async refreshOnce(): Promise<RefreshedCookies | undefined> {
    const token = this.cookies.get(this.refreshName);
    if (!token) return undefined;
    this.refreshing ??= this.refreshes.refresh(token, this.headers);
    return (this.refreshed = await this.refreshing);
  }

  private sendAs(request: Request, accessToken: string | undefined): Promise<Response> {
    const headers = new Headers(request.headers);
    for (const [name, value] of this.headers) headers.set(name, value);
    if (accessToken !== undefined) headers.set('Authorization', `Bearer ${accessToken}`);
    return this.send(new Request(request, { headers }));
  }

  private get currentAccess(): string | undefined {
    return this.refreshed?.accessToken ?? (this.cookies.get(this.accessName) || undefined);
  }

  private get currentRefresh(): string | undefined {
    return this.refreshed?.refreshToken ?? (this.cookies.get(this.refreshName) || undefined);
  }

  /** Pawl gets its own cookies, and none of the application's. */
  private get ownCookies(): string {
    const own = [
      [this.accessName, this.currentAccess],
      [this.refreshName, this.currentRefresh],
    ];
    return own.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join('; ');
  }
}

function parseCookies(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  return cookies;
}
