import { AccessError } from '../access-error.js';
import type { Principal } from '../principal.js';

/** What a token says, once it is known to be Pawl's. */
export interface VerifiedToken {
  readonly principal: Principal;
  /** The parts that decide whether it was revoked. A service's token has neither `sid` nor `epoch`. */
  readonly sessionId?: string;
  readonly epoch?: number;
  readonly tokenId: string;
  /** Undefined if the token was introspected. */
  readonly keyId?: string;
  readonly expiresAtMs: number;
  /** Undefined if the token was introspected: Pawl has judged it by its own clock. */
  readonly issuedAtMs?: number;
}

/** How far the clocks of this service and of Pawl may differ. A revocation is kept for as much longer than a token. */
const clockMarginMs = 5 * 60_000;

/**
 * Throws `token_expired` if the token has expired, or is from the future: a clock was set back, and the token would outlive the
 * memory of its revocation.
 */
export function assertValidAt(nowMs: number, { expiresAtMs, issuedAtMs = 0 }: VerifiedToken): void {
  if (expiresAtMs <= nowMs || issuedAtMs > nowMs + clockMarginMs) throw new AccessError('token_expired');
}

/**
 * Reads the claims of an access token (RFC 9068 section 2.2) or the response to its introspection. Throws `token_invalid` if
 * one is missing or has the wrong type.
 */
export function toVerifiedToken(claims: Readonly<Record<string, unknown>>, keyId?: string): VerifiedToken {
  const { role, client_id: clientId, jti, iat, exp, scope = '', user_id: userId, sub } = claims;
  const isComplete = isText(role) && isText(clientId) && isText(jti) && isText(sub) && typeof scope === 'string';
  if (!isComplete || typeof exp !== 'number') throw invalid('a claim is missing');
  const issuedAtMs = keyId !== undefined && typeof iat === 'number' ? iat * 1000 : undefined;
  const token = { tokenId: jti, keyId, expiresAtMs: exp * 1000, issuedAtMs };
  if (userId === undefined) {
    if (clientId !== sub || claims['sid'] !== undefined) throw invalid('neither a user’s token nor a service’s');
    return Object.freeze({ ...token, principal: Object.freeze({ role, clientId, scope }) });
  }
  const { sid, epoch, auth_time: authTime, acr, amr } = claims;
  // Introspection does not show the epoch.
  const hasEpoch = Number.isInteger(epoch) || keyId === undefined;
  if (userId !== sub || !isText(sid) || !hasEpoch) throw invalid('user_id, sid or epoch is wrong');
  const principal = Object.freeze({
    userId: sub,
    role,
    sessionId: sid,
    clientId,
    scope,
    authTimeSeconds: typeof authTime === 'number' ? authTime : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
    amr: Array.isArray(amr) ? Object.freeze(amr.filter((method) => typeof method === 'string')) : undefined,
  });
  return Object.freeze({ ...token, principal, sessionId: sid, epoch: epoch as number | undefined });
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function invalid(detail: string): AccessError {
  return new AccessError('token_invalid', detail);
}
