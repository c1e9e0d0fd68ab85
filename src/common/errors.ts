/**
 * Every error of the API: code, HTTP status and public message. Clients rely on the codes. docs/errors.md explains each,
 * and a test compares the two. A message says what is wrong, then what to do, and holds nothing secret or internal.
 */
export const ERRORS = {
  validation_failed: [400, 'The request is not valid. Correct the fields listed in errors.'],
  malformed_json: [400, 'The body is not valid JSON. Correct it and send it again.'],
  invalid_request: [400, 'The request is malformed. Correct it before you send it again.'],
  password_too_weak: [400, 'This password is too easy to guess. Choose another one.'],
  one_time_token_invalid: [400, 'This link has expired or was already used. Ask for a new one.'],
  token_missing: [401, 'There is no access token. Sign in first.'],
  token_invalid: [401, 'The access token is not valid. Sign in again.'],
  token_expired: [401, 'The access token has expired. Refresh it.'],
  token_revoked: [401, 'The access token has been revoked. Refresh it, or sign in again.'],
  insufficient_user_authentication: [401, 'This needs a more recent or a stronger sign-in. Confirm that it is you.'],
  exchange_code_invalid: [400, 'This sign-in has expired or was already completed. Start again.'],
  provider_flow_expired: [400, 'This sign-in has expired or was started in another browser. Start again.'],
  provider_denied: [403, 'The other service did not confirm who you are, because you declined. Try again.'],
  provider_invalid: [403, 'The response of the other service is not valid. Try again, or sign in another way.'],
  provider_email_missing: [403, 'The other service shared no email address. Allow it to, or register another way.'],
  account_exists: [
    409,
    'An account with this email address exists. Sign in to it first, then connect the other service.',
  ],
  identity_taken: [409, 'This account of the other service is connected to another account.'],
  last_way_in: [409, 'This is the last way to sign in to the account. Set a password first.'],
  provider_unavailable: [
    503,
    'The other service cannot be reached at the moment. Try again shortly, or sign in another way.',
  ],
  invalid_credentials: [401, 'The email address or the password is incorrect.'],
  second_factor_required: [401, 'This account has a second factor. Respond to the challenge to sign in.'],
  factor_invalid: [401, 'The second factor is incorrect. Try again.'],
  challenge_expired: [401, 'This took too long, or was done before. Start again.'],
  passkey_invalid: [401, 'The passkey was not accepted. Try again, or sign in another way.'],
  code_invalid: [401, 'The code is incorrect or has expired. Ask for a new email.'],
  refresh_missing: [401, 'There is no refresh token. Sign in first.'],
  refresh_invalid: [401, 'The refresh token is not valid. Sign in again.'],
  refresh_expired: [401, 'The session has expired. Sign in again.'],
  refresh_reused: [401, 'This session was signed out for safety. Sign in again.'],
  session_revoked: [401, 'The session has ended. Sign in again.'],
  forbidden: [403, 'You do not have permission to do this.'],
  insufficient_scope: [403, 'The access token lacks a scope that this needs. Ask for that scope when you sign in.'],
  user_required: [403, 'Only a signed-in user can do this. A service cannot.'],
  account_disabled: [403, 'This account is disabled. Contact an admin.'],
  email_unverified: [403, 'This email address is not confirmed. Open the link in the email that was sent to it.'],
  password_required: [403, 'Enter the password of this account, too.'],
  factor_enrolment_required: [403, 'Your role needs a second factor. Add one, and refresh the access token.'],
  password_incorrect: [403, 'The password is incorrect. Try again.'],
  registration_closed: [403, 'Registration is closed. Ask an admin for an account.'],
  client_required: [403, 'Only a service can do this, with a token of its own. A user cannot.'],
  csrf_rejected: [403, 'The request came from a site that is not allowed.'],
  not_found: [404, 'Nothing was found at this address.'],
  email_taken: [409, 'This email address already belongs to an account. Sign in, or use another address.'],
  limit_reached: [409, 'There are as many of these as one user may have. Delete some first.'],
  secret_not_used: [409, 'This client does not authenticate with a secret, so it cannot have one.'],
  second_factor_missing: [409, 'The account has no second factor. Add one first.'],
  passkey_exists: [409, 'This passkey is already in use. Choose another device.'],
  last_admin: [409, 'This is the last enabled admin. Make another user an admin first.'],
  request_timeout: [408, 'The request took too long to arrive. Send it again.'],
  payload_too_large: [413, 'The body is larger than 64 KiB. Send less.'],
  rate_limited: [429, 'Too many attempts. Try again later.'],
  unsupported_media_type: [415, 'The body has the wrong media type. Send it as application/json.'],
  headers_too_large: [431, 'The URL and the headers are larger than 16 KiB. Send less.'],
  internal_error: [500, 'Something went wrong on our side. Try again later.'],
  mail_not_configured: [501, 'This service is not set up to send email.'],
  overloaded: [503, 'The service is busy. Try again shortly.'],
  database_unavailable: [503, 'The service is not available at the moment. Try again shortly.'],
  temporarily_unavailable: [503, 'The service cannot do this at the moment. Try again shortly.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** One finding of the validation: where it is in the input, and what is wrong there, such as `must be text`. */
export interface FieldError {
  path: string;
  message: string;
}

interface ApiErrorExtras {
  /** Whole seconds, sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Sent as they are. */
  headers?: Readonly<Record<string, string>>;
  fieldErrors?: readonly FieldError[];
  /** Further members of the response (RFC 9457 section 3.2). They may hold what only the caller may see: never log them. */
  members?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** An error with a public code and a private detail. The detail goes to the log and never into a response. */
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

  /** The findings for the caller, each a sentence. */
  get fieldErrors(): FieldError[] | undefined {
    return this.extras.fieldErrors?.map(({ path, message }) => ({ path, message: asSentence(message) }));
  }
}

function asSentence(message: string): string {
  const withSubject = /^(must|is|was|has|contains)\b/.test(message) ? `This ${message}` : message;
  const capitalised = withSubject.charAt(0).toUpperCase() + withSubject.slice(1);
  return /[.!?]$/.test(capitalised) ? capitalised : `${capitalised}.`;
}
