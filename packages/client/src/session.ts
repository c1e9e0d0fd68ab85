import type { components } from './api-types.js';
import { generationOf } from './refresh-token.js';

export type User = components['schemas']['User'];
export type TokenResponse = components['schemas']['TokenResponse'];

/** Who is signed in. */
export interface Session {
  id: string;
  user: User;
}

/** A session and what the client needs to continue it. In cookie mode the tokens are in cookies instead. */
export interface HeldSession {
  session: Session;
  /** By the clock of this machine, in milliseconds since 1970. */
  accessExpiresAtMs: number;
  /** How long the access token lived when it was issued. */
  accessLifetimeMs: number;
  accessToken?: string | undefined;
  refreshToken?: string | undefined;
}

export function toHeldSession(response: TokenResponse): HeldSession {
  const { session_id: id, user, refresh_token: refreshToken } = response;
  return withAccessToken({ session: { id, user }, refreshToken }, response);
}

/** The same session with another access token, which in cookie mode is in a cookie. */
export function withAccessToken(
  held: Pick<HeldSession, 'session' | 'refreshToken'>,
  { expires_in: seconds, access_token: accessToken }: Pick<TokenResponse, 'expires_in' | 'access_token'>,
): HeldSession {
  const accessLifetimeMs = seconds * 1000;
  // The lifetime of the response, not the expiry in the token: the clock here may differ from the service's.
  return { ...held, accessToken, accessLifetimeMs, accessExpiresAtMs: Date.now() + accessLifetimeMs };
}

/** A quarter of the access token's lifetime, at most this long, before its expiry a refresh is due. */
const maxMarginMs = 60_000;

/** Whether the access token can be used: `due` works, but not for long. */
export function freshness({ accessExpiresAtMs, accessLifetimeMs }: HeldSession): 'fresh' | 'due' | 'stale' {
  const leftMs = accessExpiresAtMs - Date.now();
  // More left than it ever had: the clock was set back, so nothing is known.
  if (leftMs <= 0 || leftMs > accessLifetimeMs) return 'stale';
  return leftMs < Math.min(maxMarginMs, accessLifetimeMs / 4) ? 'due' : 'fresh';
}

/**
 * Whether a response to `presented` may replace what is held by now. A response can arrive last although it is old, and
 * after a sign-out or another sign-in. So it counts only if the presented token is still held, or if it is of a newer
 * generation of the same session.
 */
export function supersedes(next: HeldSession, held: HeldSession | undefined, presented: string | undefined): boolean {
  if (held?.session.id !== next.session.id) return false;
  return (
    held.refreshToken === presented || generationOf(next.refreshToken ?? '') > generationOf(held.refreshToken ?? '')
  );
}
