import type { components } from './api-types.js';

/** The body of every error response of Pawl (RFC 9457). */
export type Problem = components['schemas']['Problem'];

/** The codes of Pawl's errors, and two of the client's own. */
export type PawlErrorCode =
  | Problem['code']
  /** No response arrived: offline, a broken connection, or a timeout. */
  | 'network_error'
  /** The response did not come from Pawl: a proxy, a captive portal, a wrong `url`. */
  | 'unexpected_response';

/** What a failed call throws. Decide by `code`; `message` is a sentence that people may read. */
export class PawlError extends Error {
  override readonly name = 'PawlError';

  constructor(
    readonly code: PawlErrorCode,
    message: string,
    /** The status of the response; undefined for `network_error`. */
    readonly status?: number,
    /** For forms: what is wrong with each field, by its path in the body, such as `email`. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** How long to wait before the next attempt. */
    readonly retryAfterSeconds?: number,
    /** The whole problem, with members that only some codes have. */
    readonly problem?: Problem & Readonly<Record<string, unknown>>,
    options?: { cause: unknown },
  ) {
    super(message, options);
  }
}

export function networkError(cause: unknown): PawlError {
  return new PawlError('network_error', 'The service cannot be reached.', undefined, {}, undefined, undefined, {
    cause,
  });
}

/** `fetch` throws a TypeError if no response arrives. Anything else, such as the caller's own abort, stays what it is. */
export function asPawlError(cause: unknown): unknown {
  return cause instanceof TypeError ? networkError(cause) : cause;
}

/** The error that a response stands for. `body` is its parsed body, if that is known already. */
export function toPawlError(response: Response, body: unknown): PawlError {
  const { status, headers } = response;
  const retryAfterSeconds = readRetryAfter(headers.get('Retry-After') ?? '');
  const problem = body as PawlError['problem'];
  if (typeof problem?.code !== 'string') {
    const message = `The response of status ${status} is not from Pawl.`;
    return new PawlError('unexpected_response', message, status, {}, retryAfterSeconds);
  }
  const fields: Record<string, string> = {};
  for (const { path, message } of problem.errors ?? []) fields[path] ??= message;
  return new PawlError(problem.code, problem.detail, status, fields, retryAfterSeconds, problem);
}

/** Pawl sends seconds; what stands between may send a date instead (RFC 9110 section 10.2.3). */
function readRetryAfter(value: string): number | undefined {
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return seconds > 0 ? seconds : undefined;
}

/** Leaves the response readable. */
export async function readPawlError(response: Response): Promise<PawlError> {
  return toPawlError(response, await readJson(response));
}

/**
 * The body of a response that must have this member. Throws the error that the response stands for instead, which is
 * `unexpected_response` if a captive portal reports success.
 */
export async function readBody<Body>(response: Response, member: keyof Body): Promise<Body> {
  const body = (await readJson(response)) as Body | null | undefined;
  if (!response.ok || body?.[member] === undefined) throw toPawlError(response, body);
  return body;
}

/** Undefined for a body that is not JSON. Leaves the response readable. */
export function readJson(response: Response): Promise<unknown> {
  return response
    .clone()
    .json()
    .catch(() => undefined);
}

/** Whether the session has ended. Nothing else that goes wrong at a refresh signs the user out. */
export function isEnd({ code, status }: PawlError): boolean {
  return status === 401 && /^(refresh_(missing|invalid|expired|reused)|session_revoked)$/.test(code);
}

/** Whether another attempt can help: 429, 5xx, no response, and whatever stands between, such as a captive portal. */
export function isTemporary({ code, status = 500 }: PawlError): boolean {
  return status === 429 || status >= 500 || code === 'unexpected_response';
}

/**
 * The data of a call of `pawl.api`. Throws a `PawlError` if the call failed.
 *
 *     const user = await unwrap(pawl.api.GET('/auth/me'));
 */
export async function unwrap<Data>(call: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw asPawlError(cause);
  });
  if (!response.ok) throw toPawlError(response, error);
  return data as Data;
}
