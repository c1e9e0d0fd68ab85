import type { FastifyReply } from 'fastify';
import type { ApiError, ErrorCode } from '../common/errors.js';

/** RFC 6749 section 5.2. That section leaves the last two to HTTP; their names are those of section 4.1.2.1. */
export const OAUTH_ERRORS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  server_error: 500,
  temporarily_unavailable: 503,
} as const satisfies Record<string, number>;

export type OAuthErrorCode = keyof typeof OAUTH_ERRORS;

interface OAuthErrorExtras {
  /** If HTTP has a more precise status than the code's own. */
  status?: number;
  /** Whole seconds, sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Sent as they are. */
  headers?: Readonly<Record<string, string>>;
}

/** An error in the terms of RFC 6749. `description` is public and ASCII; the private detail goes to the log. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';

  constructor(
    readonly code: OAuthErrorCode,
    readonly description: string,
    readonly privateDetail: string = description,
    readonly extras: OAuthErrorExtras = {},
  ) {
    super(`${code}: ${privateDetail}`);
  }

  get status(): number {
    return this.extras.status ?? OAUTH_ERRORS[this.code];
  }
}

/** The errors of the rest of the service in the terms of RFC 6749. Every other code becomes `invalid_request`. */
const codes: Partial<Record<ErrorCode, OAuthErrorCode>> = {
  refresh_invalid: 'invalid_grant',
  refresh_expired: 'invalid_grant',
  refresh_reused: 'invalid_grant',
  session_revoked: 'invalid_grant',
  internal_error: 'server_error',
  rate_limited: 'temporarily_unavailable',
  overloaded: 'temporarily_unavailable',
  database_unavailable: 'temporarily_unavailable',
  temporarily_unavailable: 'temporarily_unavailable',
};

export function toOAuthError(error: ApiError): OAuthError {
  const { privateDetail, extras } = error;
  if (error.code === 'unsupported_media_type') {
    return new OAuthError('invalid_request', 'Send the body as application/x-www-form-urlencoded.', privateDetail);
  }
  const code = codes[error.code] ?? 'invalid_request';
  const findings = error.fieldErrors?.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join(' ');
  return new OAuthError(code, findings ?? error.publicMessage, privateDetail, {
    // A status such as 413 says more than 400; a refused refresh token is 400 here (RFC 6749 section 5.2).
    status: code === 'invalid_request' || error.code === 'rate_limited' ? error.status : undefined,
    retryAfterSeconds: extras.retryAfterSeconds,
    headers: extras.headers,
  });
}

/** Sends the error as RFC 6749 section 5.2 specifies. */
export function sendOAuthError(error: OAuthError, reply: FastifyReply): void {
  // RFC 9110 section 15.5.2: every 401 names a way to authenticate.
  if (error.status === 401) reply.header('WWW-Authenticate', 'Basic realm="pawl"');
  const { retryAfterSeconds, headers } = error.extras;
  if (headers) reply.headers(headers);
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  reply
    .status(error.status)
    .header('Pragma', 'no-cache')
    .type('application/json')
    .send(JSON.stringify({ error: error.code, error_description: toAscii(error.description) }));
}

/** RFC 6749 section 5.2: printable ASCII without `"` and `\`. */
function toAscii(text: string): string {
  return text.replaceAll('"', "'").replace(/[^\x20-\x5B\x5D-\x7E]/g, '?');
}
