/** Why a caller is refused: codes of Pawl, with the status and the public message that Pawl gives them. */
export const accessErrors = {
  invalid_request: [400, 'The request is malformed. Correct it before you send it again.'],
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

/** A refusal with a public code and a private detail. The detail is for the log and never for the caller. */
export class AccessError extends Error {
  override readonly name = 'AccessError';

  constructor(
    readonly code: AccessErrorCode,
    readonly privateDetail: string = code,
  ) {
    super(`${code}: ${privateDetail}`);
  }
}
