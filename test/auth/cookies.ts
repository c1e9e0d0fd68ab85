import type { TestApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import type { RawRequest } from '../support/raw-http.js';
import { rawCall } from '../support/raw-http.js';

export const accessCookie = '__Host-pawl_access';
export const refreshCookie = '__Host-pawl_refresh';

export interface SetCookie {
  value: string;
  /** Names in lower case; `true` for one without a value. */
  attributes: Record<string, string | true>;
}

/** The cookies that a response sets, by name. */
export function cookiesOf({ headers }: Answer): Record<string, SetCookie> {
  return Object.fromEntries(
    headers.getSetCookie().map((line) => {
      const [pair = '', ...rest] = line.split('; ');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      const attributes = rest.map((text) => {
        const [attribute = '', text_] = text.split('=');
        return [attribute.toLowerCase(), text_ ?? true] as const;
      });
      return [name, { value, attributes: Object.fromEntries(attributes) }];
    }),
  );
}

/** A browser's storage, as far as the service's cookies go. */
export class CookieJar {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly app: Pick<TestApp, 'url'>) {}

  get access(): string | undefined {
    return this.cookies.get(accessCookie);
  }

  get refresh(): string | undefined {
    return this.cookies.get(refreshCookie);
  }

  /** The `Cookie` header. */
  get header(): readonly [string, string] {
    return ['Cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')];
  }

  /** Sends the cookies, and keeps those of the response. */
  async send({ headers = [], ...rest }: RawRequest): Promise<Answer> {
    const response = await rawCall(this.app, { ...rest, headers: [this.header, ...headers] });
    this.keep(response);
    return response;
  }

  keep(response: Answer): void {
    for (const [name, { value, attributes }] of Object.entries(cookiesOf(response))) {
      if (attributes['max-age'] === '0') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}
