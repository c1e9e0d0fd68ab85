/** What befalls a request: its response is lost, it never arrives, or something else happens before its response is read. */
export type Mishap = 'lose' | 'unsent' | (() => unknown) | Response;

export interface Network {
  /** The `fetch` of the clients of this network. */
  fetch: typeof globalThis.fetch;
  /** Each request to this path meets the next mishap, as long as there are any. */
  mishaps: Map<string, Mishap[]>;
  /** `METHOD /path`, with the status or the verdict of a refresh. */
  log: string[];
  /** The headers that were sent with the last request to a path. */
  sent: Map<string, Headers>;
  refreshes(): string[];
}

/** A network between clients and real services. */
export function newNetwork(): Network {
  const mishaps: Network['mishaps'] = new Map();
  const log: string[] = [];
  const sent: Network['sent'] = new Map();
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    sent.set(pathname, request.headers);
    const mishap = mishaps.get(pathname)?.shift();
    if (mishap instanceof Response) return mishap;
    if (mishap === 'unsent') throw new TypeError('fetch failed');
    const response = await globalThis.fetch(request);
    log.push(`${request.method} ${pathname} ${response.headers.get('Pawl-Refresh') ?? response.status}`);
    if (typeof mishap === 'function') await mishap();
    if (mishap === 'lose') throw new TypeError('fetch failed');
    return response;
  };
  const refreshes = () =>
    log.filter((line) => line.includes('/auth/refresh')).map((line) => line.slice('POST /auth/refresh '.length));
  return { fetch, mishaps, log, sent, refreshes };
}
