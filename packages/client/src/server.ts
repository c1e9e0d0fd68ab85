import type { PawlApi } from './api.js';
import { createApi } from './api.js';
import { ServerRefreshes } from './server-refresh.js';
import { RequestSession } from './server-request.js';
import type { Session } from './session.js';

export type { Session } from './session.js';

export interface PawlServerOptions {
  /** Where this server reaches Pawl. */
  url: string;
  /** Pawl's `COOKIE_PREFIX`. */
  cookiePrefix?: string | undefined;
  /** Instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

export interface RequestOptions {
  /** The address of the browser, sent as `X-Forwarded-For`. Pawl believes it if `TRUST_PROXY` names this server. */
  clientAddress?: string | undefined;
}

/** Pawl on behalf of one request of a browser. */
export interface PawlRequest {
  /** Who is signed in. Refreshes nothing. */
  session(): Promise<Session | null>;
  /**
   * `fetch` of a path of Pawl, such as `/auth/me`, as the signed-in user. Refreshes at most once for this request. What Pawl
   * sets in cookies is handed back, so a sign-in with `delivery: 'cookie'` works too.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Typed calls, as `fetch`. */
  readonly api: PawlApi;
  /** The access token, for calls of your own services. Undefined if nobody is signed in. */
  accessToken(): Promise<string | undefined>;
  /** The values of `Set-Cookie` to send to the browser. Read it when everything else is done. */
  readonly setCookies: readonly string[];
  /** Adds `setCookies` to the headers of your response. */
  appendTo(headers: Headers): void;
  /** The request's `Cookie` with the newest tokens, for what runs after a middleware in the same request. */
  readonly cookie: string;
}

export interface PawlServer {
  /** A `Request`, or anything with its headers: `{ headers: await headers() }` in Next.js. */
  forRequest(request: { headers: Headers }, options?: RequestOptions): PawlRequest;
}

/** One for the whole server: requests that carry the same cookies share one refresh. */
export function createPawlServer(options: PawlServerOptions): PawlServer {
  const { cookiePrefix = 'pawl', fetch = (input, init) => globalThis.fetch(input, init) } = options;
  const url = options.url.replace(/\/+$/, '');
  const refreshes = new ServerRefreshes(url, cookiePrefix, fetch);
  return {
    forRequest: ({ headers }, { clientAddress } = {}) => {
      const request = new RequestSession(url, cookiePrefix, headers, clientAddress, fetch, refreshes);
      return {
        session: () => request.session(),
        fetch: (path, init) => request.fetch(path, init),
        api: createApi((path, init) => request.fetch(path, init)),
        accessToken: () => request.accessToken(),
        get setCookies() {
          return request.setCookies;
        },
        appendTo: (target) => request.setCookies.forEach((value) => target.append('Set-Cookie', value)),
        get cookie() {
          return request.cookie;
        },
      };
    },
  };
}
