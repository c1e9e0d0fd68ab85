import { createHash, randomBytes } from 'node:crypto';
import type { TestApp } from '../support/app.js';

/** The PUBLIC_URL of the tests, behind which the service listens elsewhere. */
const publicUrl = 'http://localhost:3000';
const maxRedirects = 20;

/** A browser: it keeps cookies for each origin and follows redirects, until one leads to a page of no server. */
export class Browser {
  private readonly jars = new Map<string, Map<string, string>>();
  /** Every URL it was sent to. */
  readonly visited: string[] = [];

  constructor(private readonly app: Pick<TestApp, 'url'>) {}

  /** Opens a page and follows its redirects. Stops before a URL of the service or of a frontend that is no step of a sign-in. */
  async open(url: string, isEnd: (url: URL) => boolean = isReturn): Promise<URL> {
    let target = new URL(url, publicUrl);
    for (let i = 0; i < maxRedirects; i++) {
      this.visited.push(target.href);
      const response = await this.request('GET', target);
      const location = response.headers.get('location');
      await response.arrayBuffer();
      if (location === null || ![302, 303].includes(response.status))
        throw new Error(`${target.href} is no redirect but ${response.status}`);
      target = new URL(location, target);
      if (isEnd(target)) {
        this.visited.push(target.href);
        return target;
      }
    }
    throw new Error('too many redirects');
  }

  async request(method: string, url: string | URL, body?: unknown, headers: Record<string, string> = {}) {
    const target = new URL(url, publicUrl);
    const jar = this.jarOf(target);
    const isForm = body instanceof URLSearchParams;
    const response = await fetch(this.addressOf(target), {
      method,
      redirect: 'manual',
      headers: {
        ...(jar.size > 0 && { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...(method !== 'GET' && { origin: target.origin }),
        ...headers,
      },
      body: body === undefined ? undefined : isForm ? body : JSON.stringify(body),
    });
    for (const line of response.headers.getSetCookie()) this.keep(line, jar);
    return response;
  }

  /** A request to the service. */
  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
    const response = await this.request(method, path, body);
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  cookie(name: string): string | undefined {
    return this.jarOf(new URL(publicUrl)).get(name);
  }

  /** The cookies whose names begin so, the oldest first. */
  cookies(prefix: string): [name: string, value: string][] {
    return [...this.jarOf(new URL(publicUrl))].filter(([name]) => name.startsWith(prefix));
  }

  setCookie(name: string, value: string): void {
    this.jarOf(new URL(publicUrl)).set(name, value);
  }

  private keep(line: string, jar: Map<string, string>): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const isGone = /max-age=0(;|$)/i.test(line) || /expires=thu, 01 jan 1970/i.test(line);
    if (isGone) jar.delete(name);
    else jar.set(name, value);
  }

  private jarOf({ origin }: URL): Map<string, string> {
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    return jar;
  }

  private addressOf(url: URL): string {
    return url.origin === publicUrl ? this.app.url + url.pathname + url.search : url.href;
  }
}

/** Whether a URL is where a sign-in ends: the frontend, or a page of the service. */
function isReturn(url: URL): boolean {
  return url.origin === 'https://app.example.com' || (url.origin === publicUrl && !url.pathname.startsWith('/auth/'));
}

/** What an app keeps for itself, and what it sends with the browser (RFC 7636). */
export function newVerifier(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Signs in with a provider in cookie mode. Returns where the browser ends. */
export function signInWithCookies(browser: Browser, id = 'corp', returnTo = '/done'): Promise<URL> {
  return browser.open(`/auth/providers/${id}/start?return_to=${encodeURIComponent(returnTo)}`);
}

/** Signs in as an app does. Returns the response of the exchange. */
export async function signInAsApp(
  browser: Browser,
  { id = 'corp', more = {} }: { id?: string; more?: Record<string, unknown> } = {},
): Promise<{ status: number; body: any }> {
  const { verifier, challenge } = newVerifier();
  const end = await browser.open(`/auth/providers/${id}/start?code_challenge=${challenge}&return_to=/done`);
  const error = end.searchParams.get('error');
  if (error !== null) return { status: 0, body: { code: error } };
  const code = end.searchParams.get('code');
  return browser.call('POST', '/auth/providers/exchange', { code, verifier, ...more });
}
