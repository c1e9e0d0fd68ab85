import { randomUUID } from 'node:crypto';

interface AnyTokenOptions {
  /** The `role` claim. Default: `user`. */
  role?: string;
  /** Scopes, separated by spaces. Default: none. */
  scope?: string;
  /** Negative for a token that has expired. Default: 900, as in Pawl. */
  expiresInSeconds?: number;
  /** Default: that of the issuer. Another one makes a token that must be refused. */
  audience?: string;
  issuer?: string;
  /** The `typ` header. Default: `at+jwt`. */
  type?: string;
  /** The `jti` claim. Default: a new id. */
  tokenId?: string;
}

/** A user's token. Everything has a default. */
export interface TestTokenOptions extends AnyTokenOptions {
  /** The `user_id` and `sub` claims. Default: a new id. */
  userId?: string;
  /** The `sid` claim. Default: a new id. */
  sessionId?: string;
  /** The `client_id` claim. Default: `pawl`, Pawl's own client. */
  clientId?: string;
  /** The `epoch` claim, which a revocation raises. Default: 0. */
  epoch?: number;
  /** `aal1`, or `aal2` for a sign-in with two factors. Default: `aal1`. */
  acr?: string;
  /** How the user signed in (RFC 8176). Default: `['pwd']`, and `['pwd', 'otp', 'mfa']` with `aal2`. */
  amr?: readonly string[];
  /** How long ago the user signed in. Default: 0. */
  signedInSecondsAgo?: number;
}

/** A service's own token: there is no user. */
export interface TestServiceTokenOptions extends AnyTokenOptions {
  /** The `client_id` and `sub` claims. */
  clientId: string;
}

/** The claims that Pawl puts into a user's token (RFC 9068). */
export function userClaims(options: TestTokenOptions, nowSeconds: number): object {
  const { userId = randomUUID(), sessionId = randomUUID(), clientId = 'pawl', epoch = 0, acr = 'aal1' } = options;
  const { amr = acr === 'aal2' ? ['pwd', 'otp', 'mfa'] : ['pwd'], signedInSecondsAgo = 0 } = options;
  const user = { sub: userId, user_id: userId, sid: sessionId, client_id: clientId, epoch };
  return { ...user, auth_time: nowSeconds - signedInSecondsAgo, amr, acr, ...anyClaims(options, nowSeconds) };
}

export function serviceClaims(options: TestServiceTokenOptions, nowSeconds: number): object {
  return { sub: options.clientId, client_id: options.clientId, ...anyClaims(options, nowSeconds) };
}

function anyClaims({ role = 'user', scope, expiresInSeconds = 900, tokenId }: AnyTokenOptions, nowSeconds: number) {
  // An expired token was issued before it expired.
  const issuedAt = nowSeconds + Math.min(0, expiresInSeconds - 1);
  const times = { iat: issuedAt, exp: nowSeconds + expiresInSeconds };
  return { role, ...(scope !== undefined && { scope }), jti: tokenId ?? randomUUID(), ...times };
}
