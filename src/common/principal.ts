declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard; undefined on a public route. */
    user?: Principal;
  }
}

/** The caller of a request, proven by a verified access token: a user, or a service that acts for itself. */
export type Principal = UserPrincipal | ServicePrincipal;

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
