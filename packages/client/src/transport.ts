import { inTime, requestTimeoutMs } from './in-time.js';
import type { SessionStorage } from './storage.js';

/** A request that can be sent again after a refresh. */
export interface RepeatableRequest {
  create: (more: RequestInit) => Request;
  method: string;
  /** Whether Pawl itself responds: at its origin can be other services too, but not below `/auth/`. */
  isPawl: boolean;
  /** The caller's own. */
  signal: AbortSignal | undefined;
}

/** Sends the client's own requests to Pawl, and knows which other requests may carry its tokens. */
export interface Transport {
  readonly usesCookies: boolean;
  /** A path such as `/auth/me` is below the service's URL. Throws for an origin that must not see the access token. */
  repeatable(input: string | URL | Request, init: RequestInit | undefined): RepeatableRequest;
  send(request: RepeatableRequest, accessToken: string | undefined): Promise<Response>;
  /** A request without access token, such as a sign-in. Throws `network_error`, also if the body does not arrive whole. */
  post(path: string, body: Record<string, unknown> | undefined, cancel?: AbortSignal): Promise<Response>;
  keepDeviceToken(response: Response): void;
}

export function createTransport(
  /** Without a slash at its end. */
  url: string,
  fetch: typeof globalThis.fetch,
  usesCookies: boolean,
  storage: SessionStorage,
  apis: readonly string[],
): Transport {
  const origins = apis.map((api) => new URL(api).origin);
  let parsedUrl: URL | undefined;
  // A path is not known to a server that renders the page: it makes no calls with this client.
  if (url.includes(':')) base();

  function base(): URL {
    const { location } = globalThis as { location?: { href: string } };
    return (parsedUrl ??= new URL(`${url}/`, location?.href));
  }

  function toUrl<Input extends string | URL | Request>(input: Input): URL | Exclude<Input, string> {
    if (typeof input !== 'string') return input as Exclude<Input, string>;
    return new URL(input.startsWith('/') ? base().href.slice(0, -1) + input : input, base());
  }

  /** A body can be read once. So each attempt gets its own: a copy of a stream, or the same text again. */
  function creatorOf(input: string | URL | Request, init: RequestInit | undefined): RepeatableRequest['create'] {
    if (input instanceof Request || init?.body instanceof ReadableStream) {
      const request = new Request(toUrl(input), init);
      return (more) => new Request(request.clone(), more);
    }
    const parsed = toUrl(input);
    return (more) => new Request(parsed, { ...init, ...more });
  }

  function keepDeviceToken({ headers }: Response): void {
    const token = headers.get('Pawl-Device');
    if (token !== null && !usesCookies) storage.saveDeviceToken(token);
  }

  return {
    usesCookies,
    keepDeviceToken,
    repeatable: (input, init) => {
      const create = creatorOf(input, init);
      const request = create({});
      const { origin } = new URL(request.url);
      if (origin !== base().origin && !origins.includes(origin)) {
        throw new TypeError(`${origin} is not in apis, so it gets no access token.`);
      }
      return {
        create,
        method: request.method,
        isPawl: request.url.startsWith(`${base().href}auth/`),
        signal: init?.signal ?? (input instanceof Request ? input.signal : undefined),
      };
    },
    send: async ({ create }, accessToken) => {
      const request = create(usesCookies ? { credentials: 'include' } : {});
      if (!usesCookies && accessToken !== undefined && !request.headers.has('Authorization')) {
        request.headers.set('Authorization', `Bearer ${accessToken}`);
      }
      return fetch(request);
    },
    post: async (path, body, cancel) => {
      const { deviceToken } = storage;
      return inTime(
        async (signal) => {
          const response = await fetch(toUrl(path).href, {
            method: 'POST',
            headers: {
              ...(body && { 'Content-Type': 'application/json' }),
              ...(!usesCookies && deviceToken !== undefined && { 'Pawl-Device': deviceToken }),
            },
            ...(body && { body: JSON.stringify(body) }),
            credentials: usesCookies ? 'include' : 'omit',
            signal,
          });
          const content = await response.text();
          keepDeviceToken(response);
          // The body was read here, within the timeout. Statuses without a body refuse even an empty one.
          return new Response(content || null, response);
        },
        requestTimeoutMs,
        cancel,
      );
    },
  };
}
