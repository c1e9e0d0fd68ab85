import { networkError } from './errors.js';
import type { SessionStorage } from './storage.js';

/** Half of the service's default grace time is 15 s: a request that is older must not be under way any more. */
const timeoutMs = 10_000;

/** A request that can be sent again after a refresh. */
export interface RepeatableRequest {
  create: (more: RequestInit) => Request;
  method: string;
  /** Whether it goes to Pawl, and not to another service. */
  isPawl: boolean;
}

/** Sends the client's own requests to Pawl, and knows which other requests may carry its tokens. */
export class Transport {
  private readonly base: URL;
  private readonly origins: ReadonlySet<string>;

  constructor(
    /** Without a slash at its end. */
    readonly url: string,
    readonly fetch: typeof globalThis.fetch,
    readonly usesCookies: boolean,
    private readonly storage: SessionStorage,
    apis: readonly string[],
  ) {
    const { location } = globalThis as { location?: { href: string } };
    this.base = new URL(`${url}/`, location?.href);
    this.origins = new Set([this.base.origin, ...apis.map((api) => new URL(api).origin)]);
  }

  /** A path such as `/auth/me` is below the service's URL. Throws for an origin that must not see the access token. */
  repeatable(input: string | URL | Request, init: RequestInit | undefined): RepeatableRequest {
    const create = this.creatorOf(input, init);
    const { method, url } = create({});
    const { origin } = new URL(url);
    if (this.origins.has(origin)) return { create, method, isPawl: url.startsWith(this.base.href) };
    throw new TypeError(`${origin} is not in apis, so it gets no access token. Call it with fetch, or add it to apis.`);
  }

  send({ create }: RepeatableRequest, accessToken: string | undefined): Promise<Response> {
    if (this.usesCookies) return this.fetch(create({ credentials: 'include' }));
    const request = create({});
    if (accessToken !== undefined && !request.headers.has('Authorization')) {
      request.headers.set('Authorization', `Bearer ${accessToken}`);
    }
    return this.fetch(request);
  }

  /** A body can be read once. So each attempt gets its own: a copy of a stream, or the same text again. */
  private creatorOf(input: string | URL | Request, init: RequestInit | undefined): RepeatableRequest['create'] {
    if (input instanceof Request || init?.body instanceof ReadableStream) {
      const request = new Request(this.toUrl(input), init);
      return (more) => new Request(request.clone(), more);
    }
    const url = this.toUrl(input);
    return (more) => new Request(url, { ...init, ...more });
  }

  private toUrl<Input extends string | URL | Request>(input: Input): URL | Exclude<Input, string> {
    if (typeof input !== 'string') return input as Exclude<Input, string>;
    return new URL(input.startsWith('/') ? this.base.href.slice(0, -1) + input : input, this.base);
  }

  /** A request without access token, such as a sign-in. Throws `network_error`, also if the body does not arrive whole. */
  async post(path: string, body: Record<string, unknown> | undefined, cancel?: AbortSignal): Promise<Response> {
    const { deviceToken } = this.storage;
    const timeout = new AbortController();
    const abort = () => timeout.abort();
    const timer = setTimeout(abort, timeoutMs);
    cancel?.addEventListener('abort', abort);
    try {
      const response = await this.fetch(this.base.href.slice(0, -1) + path, {
        method: 'POST',
        headers: {
          ...(body && { 'Content-Type': 'application/json' }),
          ...(!this.usesCookies && deviceToken !== null && { 'Pawl-Device': deviceToken }),
        },
        ...(body && { body: JSON.stringify(body) }),
        credentials: this.usesCookies ? 'include' : 'omit',
        signal: timeout.signal,
      });
      const content = await response.text();
      this.keepDeviceToken(response);
      // The body was read here, within the timeout. Statuses without a body refuse even an empty one.
      return new Response(content || null, response);
    } catch (error) {
      throw networkError(error);
    } finally {
      clearTimeout(timer);
      cancel?.removeEventListener('abort', abort);
    }
  }

  keepDeviceToken({ headers }: Response): void {
    const token = headers.get('Pawl-Device');
    if (token !== null && !this.usesCookies) this.storage.saveDeviceToken(token);
  }
}
