import { STATUS_CODES } from 'node:http';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessError } from '#pawl/nest/access-error.js';
import type { ErrorCode } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import type { Problem } from '../common/problem.schema.js';
import { problemMediaType } from '../common/problem.schema.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { OAuthError, sendOAuthError, toOAuthError } from '../oauth/errors.js';
import { isOAuthRequest } from '../oauth/form.js';

const databaseRetryAfterSeconds = 5;

/** Codes for what the framework refuses by itself, by status. Any other 4xx is `invalid_request`. */
const frameworkCodes: Readonly<Record<number, ErrorCode>> = {
  // A path that leads out of Swagger UI's folder.
  403: 'not_found',
  404: 'not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** RFC 6750 section 3.1: the `WWW-Authenticate` header of these names the token as the reason. */
const tokenCodes: ReadonlySet<ErrorCode> = new Set(['token_invalid', 'token_expired', 'token_revoked']);

/**
 * Responds to every error with problem+json (RFC 9457), or under /oauth/ with an OAuth error (RFC 6749 section 5.2). The
 * private detail goes to the log only.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (exception instanceof OAuthError) {
      request.refusal = exception;
      sendOAuthError(exception, reply);
      return;
    }
    const error = toApiError(exception);
    if (error.status >= 500) this.logServerError(error, request);
    request.refusal = error;
    if (isOAuthRequest(request)) {
      sendOAuthError(toOAuthError(error), reply);
      return;
    }

    if (error.status === 401) {
      const reason = tokenCodes.has(error.code) ? ', error="invalid_token"' : '';
      reply.header('WWW-Authenticate', `Bearer realm="pawl"${reason}`);
    }
    const { retryAfterSeconds, headers } = error.extras;
    if (headers) reply.headers(headers);
    if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
    reply
      .status(error.status)
      .type(problemMediaType)
      .send(JSON.stringify(toProblem(error, request.id)));
  }

  /** Logs our own fault with its stack, and anything else in one line: an outage causes thousands of them. */
  private logServerError(error: ApiError, request: FastifyRequest): void {
    const line = { req_id: request.id, code: error.code, detail: error.privateDetail };
    if (error.code === 'internal_error') this.logger.error({ ...line, err: error.extras.cause });
    else this.logger.warn(line);
  }
}

function toApiError(exception: unknown): ApiError {
  if (exception instanceof ApiError) return exception;
  if (exception instanceof AccessError) return new ApiError(exception.code, exception.privateDetail);
  if (isDatabaseUnavailable(exception)) {
    const detail = exception instanceof Error ? exception.message : 'database';
    return new ApiError('database_unavailable', detail, { retryAfterSeconds: databaseRetryAfterSeconds });
  }
  const status = exception instanceof HttpException ? exception.getStatus() : statusOf(exception);
  if (status >= 400 && status < 500) {
    // The framework's message is dropped: it quotes the URL, whose query may hold secrets.
    return new ApiError(frameworkCodes[status] ?? 'invalid_request', `the framework's ${status}`);
  }
  return new ApiError('internal_error', 'unexpected', { cause: exception });
}

/** Fastify's own errors carry `statusCode`. */
function statusOf(exception: unknown): number {
  const { statusCode } = (exception ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}

/** The public part of an error: code, message and field errors. */
export function toProblem(error: ApiError, requestId: string): Problem {
  const { fieldErrors } = error;
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.publicMessage,
    instance: requestId,
    code: error.code,
    ...(fieldErrors && { errors: fieldErrors }),
    ...error.extras.members,
  };
}
