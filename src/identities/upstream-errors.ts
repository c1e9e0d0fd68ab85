import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { ApiError } from '../common/errors.js';
import { UpstreamError } from './upstream-fetch.js';

/** Runs a step at a provider. The user learns one of three codes, the log why. */
export async function atProvider<Result>(id: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof ApiError ? error : toApiError(id, error);
  }
}

function toApiError(id: string, error: unknown): ApiError {
  const detail = `${id}: ${detailOf(error)}`;
  if (error instanceof AuthorizationResponseError && error.error === 'access_denied') {
    return new ApiError('provider_denied', detail);
  }
  return new ApiError(isInvalid(error) ? 'provider_invalid' : 'provider_unavailable', detail);
}

/** Whether the provider has responded, but not with what it should. */
function isInvalid(error: unknown): boolean {
  if (error instanceof AuthorizationResponseError) return !passingErrors.has(error.error);
  if (error instanceof ResponseBodyError) return error.status < 500;
  return !isOfTransport(error);
}

/** RFC 6749 section 4.1.2.1. */
const passingErrors: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

/** A response that is not a document of the protocol at all, as from a proxy in front of a provider that is down. */
const transportCodes: ReadonlySet<unknown> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
]);

function isOfTransport(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof UpstreamError || 'syscall' in cause) return true;
    if (cause instanceof ClientError && transportCodes.has(cause.code)) return true;
    if (
      'code' in cause &&
      typeof cause.code === 'string' &&
      /^(E[A-Z0-9]+$|ERR_TLS|CERT_|UNABLE_|SELF_SIGNED|DEPTH_ZERO)/.test(cause.code)
    )
      return true;
  }
  return false;
}

/** Without anything that the provider sent: it may hold tokens. */
function detailOf(error: unknown): string {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) return error.error;
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  return messages.join(': ') || 'unknown';
}
