import type { FastifyReply } from 'fastify';
import type { ApiError, ErrorCode } from '../common/errors.js';
import type { OAuthErrorCode } from './oauth-error.js';
import { OAuthError } from './oauth-error.js';

/** What the rest of the service refuses, in the words of RFC 6749. What is not here is `invalid_request`. */
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
  const findings = extras.fieldErrors?.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
  return new OAuthError(code, findings ?? error.publicMessage, privateDetail, {
    // 413 and its like say more than 400 does; a refused refresh token is 400 here (RFC 6749 section 5.2).
    status: code === 'invalid_request' || error.code === 'rate_limited' ? error.status : undefined,
    retryAfterSeconds: extras.retryAfterSeconds,
  });
}

/** RFC 6749 section 5.2. */
export function answerOAuthError(error: OAuthError, reply: FastifyReply): void {
  // RFC 9110 section 15.5.2: every 401 names a way to authenticate.
  if (error.status === 401) reply.header('WWW-Authenticate', 'Basic realm="pawl"');
  const { retryAfterSeconds } = error.extras;
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
