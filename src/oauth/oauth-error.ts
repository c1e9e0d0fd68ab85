/** RFC 6749 section 5.2; the last two are for what that section leaves to HTTP, and named as in its section 4.1.2.1. */
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
  /** Where HTTP has a closer word than the code's own status. */
  status?: number;
  /** Whole seconds, answered as `Retry-After`. */
  retryAfterSeconds?: number;
}

/** A refusal in the words of RFC 6749: `description` is public, and ASCII; the private detail goes to the log. */
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
