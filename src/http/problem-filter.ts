import { STATUS_CODES } from 'node:http';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import type { Problem } from '../common/problem.schema.js';
import { problemMediaType } from '../common/problem.schema.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { answerOAuthError, toOAuthError } from '../oauth/error-answer.js';
import { isOAuthRequest } from '../oauth/form.js';
import { OAuthError } from '../oauth/oauth-error.js';

const databaseRetryAfterSeconds = 5;

/** What the framework refuses by itself, by status; `invalid_request` for the rest that is the caller's fault. */
const frameworkCodes: Readonly<Record<number, ErrorCode>> = {
  // A path that leads out of the folder of Swagger UI.
  403: 'not_found',
  404: 'not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** RFC 6750 section 3.1: these are told that the token they sent is the reason. */
const tokenCodes: ReadonlySet<ErrorCode> = new Set(['token_invalid', 'token_expired', 'token_revoked']);

/**
 * Answers every error as RFC 9457 problem+json, and under /oauth/ as RFC 6749 has it. The private detail goes to the log
 * only.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (exception instanceof OAuthError) {
      request.refusal = exception;
      answerOAuthError(exception, reply);
      return;
    }
    const error = toApiError(exception);
    if (error.status >= 500) this.report(error, request);
    request.refusal = error;
    if (isOAuthRequest(request)) {
      answerOAuthError(toOAuthError(error), reply);
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

  /** Our own fault with its stack; a database that is away in one line, since it comes by the thousand. */
  private report(error: ApiError, request: FastifyRequest): void {
    const line = { req_id: request.id, code: error.code, detail: error.privateDetail };
    if (error.code === 'internal_error') this.logger.error({ ...line, err: error.extras.cause });
    else this.logger.warn(line);
  }
}

function toApiError(exception: unknown): ApiError {
  if (exception instanceof ApiError) return exception;
  if (isDatabaseUnavailable(exception)) {
    const detail = exception instanceof Error ? exception.message : 'database';
    return new ApiError('database_unavailable', detail, { retryAfterSeconds: databaseRetryAfterSeconds });
  }
  const status = exception instanceof HttpException ? exception.getStatus() : statusOf(exception);
  if (status >= 400 && status < 500) {
    // Not its message: that quotes the URL, whose query may hold what no log should.
    return new ApiError(frameworkCodes[status] ?? 'invalid_request', `the framework's ${status}`);
  }
  return new ApiError('internal_error', 'unexpected', { cause: exception });
}

/** Fastify's own errors carry `statusCode`. */
function statusOf(exception: unknown): number {
  const { statusCode } = (exception ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}

/** What is told of an error: nothing but its code's public face, and what is wrong where. */
export function toProblem(error: ApiError, requestId: string): Problem {
  const { fieldErrors } = error.extras;
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.publicMessage,
    instance: requestId,
    code: error.code,
    ...(fieldErrors && { errors: [...fieldErrors] }),
  };
}
