/** Who makes a request, as proven by a verified access token: a user, or a service that acts for itself. */
export type Principal = UserPrincipal | ServicePrincipal;

export interface UserPrincipal {
  /** The `user_id` claim (equal to `sub`). */
  userId: string;
  /** The `role` claim. */
  role: string;
  /** The `sid` claim. */
  sessionId: string;
  /** The `client_id` claim: the OAuth client the session was issued to. */
  clientId: string;
}

/** An OAuth client with a token of its own (RFC 6749 section 4.4): there is no user, and no session. */
export interface ServicePrincipal {
  userId?: never;
  /** The `role` claim: the one that the client was registered with. */
  role: string;
  /** The `client_id` claim (equal to `sub`). */
  clientId: string;
}
