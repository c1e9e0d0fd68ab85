import type { Client } from 'openapi-fetch';
import type { paths } from './api-types.js';
import { toPawlError } from './errors.js';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * Calls with the types of the OpenAPI document, as `openapi-fetch` has them: each returns `{ data, response }` or
 * `{ error, response }`. Of `openapi-fetch` itself only the types are used, because its code is half as large as this package.
 */
export type PawlApi = Pick<Client<paths>, (typeof methods)[number]>;

type QueryValue = string | number | boolean | null | undefined;

interface ApiOptions extends Omit<RequestInit, 'body'> {
  body?: unknown;
  params?: {
    path?: Record<string, string | number>;
    query?: Record<string, QueryValue | QueryValue[]>;
    header?: Record<string, unknown>;
  };
  parseAs?: 'json' | 'text' | 'blob' | 'arrayBuffer' | 'stream';
}

export function createApi(fetch: (path: string, init: RequestInit) => Promise<Response>): PawlApi {
  const call = async (method: string, template: string, options: ApiOptions = {}) => {
    const { params = {}, body, parseAs = 'json', headers, ...init } = options;
    const sent = new Headers(headers);
    for (const [name, value] of Object.entries(params.header ?? {})) sent.set(name, String(value));
    // RFC 6749 section 4: the requests of OAuth are forms.
    const isForm = template.startsWith('/oauth/');
    if (body !== undefined && !isForm) sent.set('Content-Type', 'application/json');
    const response = await fetch(toPath(template, params), {
      ...init,
      method,
      headers: sent,
      ...(body !== undefined && {
        body: isForm ? new URLSearchParams(body as Record<string, string>) : JSON.stringify(body),
      }),
    });
    if (!response.ok) return { error: parseJson(await response.text()), response };
    if (parseAs === 'json') return { data: parseJson(await response.text(), response), response };
    return { data: parseAs === 'stream' ? response.body : await response[parseAs](), response };
  };
  return Object.fromEntries(
    methods.map((method) => [method, (path: string, options?: ApiOptions) => call(method, path, options)]),
  ) as unknown as PawlApi;
}

function toPath(template: string, { path = {}, query = {} }: NonNullable<ApiOptions['params']>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of [value].flat()) if (item != null) search.append(name, String(item));
  }
  const filled = template.replace(/\{(.+?)\}/g, (_match, name: string) => {
    const value = String(path[name] ?? '');
    // These would lead to another path, and cannot be encoded.
    if (/^\.{0,2}$/.test(value)) throw new TypeError(`${template} needs ${name}.`);
    return encodeURIComponent(value);
  });
  const queryString = search.toString();
  return queryString ? `${filled}?${queryString}` : filled;
}

/** Undefined for an empty body. An error that is not JSON is its text; data that is not JSON is not from Pawl. */
function parseJson(text: string, response?: Response): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    if (response) throw toPawlError(response, undefined);
    return text;
  }
}
