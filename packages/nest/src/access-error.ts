import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

/** Why a caller is refused: codes of Pawl, with the status and the public message that Pawl gives them. */
export const accessErrors = {
  token_missing: [401, 'There is no access token. Sign in first.'],
  token_invalid: [401, 'The access token is not valid. Sign in again.'],
  token_expired: [401, 'The access token has expired. Refresh it.'],
  token_revoked: [401, 'The access token has been revoked. Refresh it, or sign in again.'],
  insufficient_user_authentication: [401, 'This needs a more recent or a stronger sign-in. Confirm that it is you.'],
  forbidden: [403, 'You do not have permission to do this.'],
  insufficient_scope: [403, 'The access token lacks a scope that this needs. Ask for that scope when you sign in.'],
  user_required: [403, 'Only a signed-in user can do this. A service cannot.'],
  temporarily_unavailable: [503, 'The service cannot do this at the moment. Try again shortly.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type AccessErrorCode = keyof typeof accessErrors;

/** The body of a refusal: problem+json (RFC 9457) with the code of Pawl. */
export interface AccessProblem {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  code: AccessErrorCode;
}

/** RFC 6750 section 3.1: `WWW-Authenticate` names the token as the reason. */
const tokenCodes: ReadonlySet<AccessErrorCode> = new Set(['token_invalid', 'token_expired', 'token_revoked']);
const retryAfterSeconds = 2;

/**
 * A refusal with a public code and a private detail. The detail is for the log and never for the caller. `HttpException`
 * makes Nest send the problem as it is; `extensions` shows the code in a GraphQL error.
 */
export class AccessError extends HttpException {
  override readonly name = 'AccessError';
  readonly extensions: { code: AccessErrorCode; status: number };

  constructor(
    readonly code: AccessErrorCode,
    readonly privateDetail: string = code,
    private readonly challenge?: string,
  ) {
    const [status, detail] = accessErrors[code];
    const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code };
    super(problem, status);
    this.message = detail;
    this.extensions = { code, status };
  }

  get problem(): AccessProblem {
    return this.getResponse() as AccessProblem;
  }

  /** The headers of an HTTP response, given what is added to each challenge, such as where the metadata of the resource is. */
  headers(challengeParameters = ''): Record<string, string> {
    const challenge = this.challenge ?? this.defaultChallenge;
    return {
      'Content-Type': 'application/problem+json; charset=utf-8',
      ...(challenge !== undefined && { 'WWW-Authenticate': challenge + challengeParameters }),
      ...(this.problem.status === 503 && { 'Retry-After': String(retryAfterSeconds) }),
    };
  }

  private get defaultChallenge(): string | undefined {
    if (this.problem.status !== 401) return undefined;
    return tokenCodes.has(this.code) ? 'Bearer realm="pawl", error="invalid_token"' : 'Bearer realm="pawl"';
  }
}
