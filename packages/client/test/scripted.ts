import type { Pawl, PawlOptions } from '../src/index.js';
import { createPawl } from '../src/index.js';
import { memoryStorage } from '../src/storage.js';

type Respond = (request: Request) => Response | Promise<Response>;

export interface ScriptedService {
  url: string;
  fetch: typeof globalThis.fetch;
  /** `METHOD /path`, in the order of arrival. */
  received: string[];
  /** A client of this service, in bearer mode with a storage of its own unless `options` says otherwise. */
  newPawl(options?: Partial<PawlOptions>): Pawl;
}

/** A service whose responses a test scripts: for what no Pawl does by itself at the right moment. A path is also a full URL. */
export function scriptedService(routes: Record<string, Respond>): ScriptedService {
  const url = 'http://pawl.test';
  const received: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    received.push(`${request.method} ${pathname}`);
    const respond = routes[pathname] ?? routes[request.url];
    if (!respond) throw new TypeError('fetch failed');
    const response = await respond(request);
    if (request.signal.aborted) throw request.signal.reason;
    return response;
  };
  const newPawl = (options: Partial<PawlOptions> = {}) =>
    createPawl({ url, mode: 'bearer', storage: memoryStorage(), fetch, ...options });
  return { url, fetch, received, newPawl };
}

/** A token response of the user `u1` for session `s1`, for example. */
export function tokensOf(number: number, more: Record<string, unknown> = {}): Response {
  const user = { id: `u${number}`, email: `u${number}@example.com`, role: 'user' };
  return Response.json({
    access_token: `access-${number}`,
    refresh_token: `refresh-${number}`,
    token_type: 'Bearer',
    expires_in: 900,
    session_id: `s${number}`,
    user,
    ...more,
  });
}

export function problem(status: number, code: string, more: Record<string, unknown> = {}): Response {
  return Response.json({ status, code, detail: code, ...more }, { status });
}

/** A promise for a test to resolve. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
