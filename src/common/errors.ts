/**
 * Every error the API answers with: code, HTTP status and public message. Clients rely on the codes, docs/errors.md
 * explains them, and a test holds the two against each other. Nothing secret or internal belongs in a message.
 */
export const ERRORS = {
  validation_failed: [400, 'The request is not valid.'],
  malformed_json: [400, 'The body is not valid JSON.'],
  invalid_request: [400, 'The request cannot be understood.'],
  password_too_weak: [400, 'This password is too easy to guess.'],
  one_time_token_invalid: [400, 'This link has expired, or was used already.'],
  token_missing: [401, 'Sign in first.'],
  token_invalid: [401, 'The access token is not valid.'],
  token_expired: [401, 'The access token has expired.'],
  token_revoked: [401, 'The access token has been revoked.'],
  invalid_credentials: [401, 'Email or password is incorrect.'],
  refresh_missing: [401, 'No refresh token was sent.'],
  refresh_invalid: [401, 'The refresh token is not valid.'],
  refresh_expired: [401, 'The session has expired. Sign in again.'],
  refresh_reused: [401, 'This session was signed out for safety. Sign in again.'],
  session_revoked: [401, 'The session has ended. Sign in again.'],
  forbidden: [403, 'You may not do this.'],
  user_required: [403, 'This needs a signed-in user.'],
  account_disabled: [403, 'This account is disabled.'],
  email_unverified: [403, 'Confirm your email address first.'],
  password_incorrect: [403, 'The password is incorrect.'],
  registration_closed: [403, 'Registration is closed.'],
  csrf_rejected: [403, 'The request came from another site.'],
  not_found: [404, 'There is nothing here.'],
  email_taken: [409, 'This email address is already registered.'],
  secret_not_used: [409, 'This client does not authenticate with a secret.'],
  last_admin: [409, 'The last enabled admin must stay.'],
  request_timeout: [408, 'The request took too long to arrive.'],
  payload_too_large: [413, 'The body is larger than 64 KiB.'],
  rate_limited: [429, 'Too many attempts. Try again later.'],
  unsupported_media_type: [415, 'Send the body as application/json.'],
  headers_too_large: [431, 'The address and the headers are larger than 16 KiB.'],
  internal_error: [500, 'Something went wrong on our side.'],
  mail_not_configured: [501, 'This service sends no mail.'],
  overloaded: [503, 'The service is busy. Try again shortly.'],
  database_unavailable: [503, 'The service is not available right now. Try again shortly.'],
  temporarily_unavailable: [503, 'The service cannot do this right now. Try again shortly.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** One finding of validation: where in the input, and what is wrong there. Shown to the caller. */
export interface FieldError {
  path: string;
  message: string;
}

interface ApiErrorExtras {
  /** Whole seconds, answered as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Answered as they are. */
  headers?: Readonly<Record<string, string>>;
  fieldErrors?: readonly FieldError[];
  cause?: unknown;
}

/** An error with a public code and a private detail: the detail goes to the log and never into an answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: ErrorCode,
    readonly privateDetail: string = code,
    readonly extras: ApiErrorExtras = {},
  ) {
    super(`${code}: ${privateDetail}`, { cause: extras.cause });
  }

  get status(): number {
    return ERRORS[this.code][0];
  }

  get publicMessage(): string {
    return ERRORS[this.code][1];
  }
}
