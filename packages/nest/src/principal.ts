/** The caller of a request, proven by a verified access token: a user, or a service that acts for itself. */
export type Principal = UserPrincipal | ServicePrincipal;

/** How sure Pawl is of the person: the `acr` claim. `aal2` means two factors, or a passkey that has verified its user. */
export type AssuranceLevel = 'aal1' | 'aal2';

export interface UserPrincipal {
  /** The `user_id` claim (equal to `sub`). */
  userId: string;
  /** The `role` claim. */
  role: string;
  /** The `sid` claim. */
  sessionId: string;
  /** The `client_id` claim: the OAuth client that the session was issued to. */
  clientId: string;
  /** The `scope` claim: scopes separated by spaces; empty for none. */
  scope: string;
  /** The `auth_time` claim: when the user last signed in or confirmed it, in seconds since 1970. */
  authTimeSeconds?: number;
  /** The `acr` claim, such as `aal2`. */
  acr?: string;
  /** The `amr` claim (RFC 8176): how the user signed in, such as `pwd` and `otp`. */
  amr?: readonly string[];
}

/** An OAuth client with its own token (RFC 6749 section 4.4), without a user or a session. */
export interface ServicePrincipal {
  userId?: never;
  /** The `role` claim: the role that the client was registered with. */
  role: string;
  /** The `client_id` claim (equal to `sub`). */
  clientId: string;
  /** The `scope` claim: scopes separated by spaces; empty for none. */
  scope: string;
}
