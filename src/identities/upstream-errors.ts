import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { ApiError } from '../common/errors.js';

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
  if (error instanceof AuthorizationResponseError) return !isPassing.has(error.error);
  if (error instanceof ResponseBodyError) return error.status < 500;
  if (error instanceof WWWAuthenticateChallengeError) return true;
  return error instanceof ClientError && error.code !== 'OAUTH_TIMEOUT' && !isTransport(error);
}

/** RFC 6749 section 4.1.2.1. */
const isPassing: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

/** A response that is not a document of the protocol at all, as from a proxy in front of a provider that is down. */
function isTransport({ code }: ClientError): boolean {
  return code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON';
}

/** Without anything that the provider sent: it may hold tokens. */
function detailOf(error: unknown): string {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) return error.error;
  if (!(error instanceof Error)) return 'unknown';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause;
}
