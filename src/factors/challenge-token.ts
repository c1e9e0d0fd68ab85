import { randomBytes } from 'node:crypto';
import { sha256 } from '../secrets/bytes.js';

/** Where the tokens of the sign-in that a challenge belongs to go. */
export type ChallengeDelivery = 'body' | 'cookie';

const tokenBytes = 32;
const marks: Readonly<Record<ChallengeDelivery, string>> = { body: 'pwb1_', cookie: 'pwc1_' };
const shape = /^pw[bc]1_[A-Za-z0-9_-]{43}$/;

/**
 * Draws a challenge: a mark and base64url of 32 random bytes. The mark says whether a right response sets cookies, so that
 * the cross-site check can tell before any query. Nobody can change it: the stored hash covers it.
 */
export function newChallengeToken(delivery: ChallengeDelivery): string {
  return marks[delivery] + randomBytes(tokenBytes).toString('base64url');
}

/** Whether a right response to this challenge would set cookies. */
export function leadsToCookies(token: string): boolean {
  return token.startsWith(marks.cookie);
}

/** The hash of its spelling, as it is stored. Returns undefined for a text that cannot be one of ours. */
export function challengeHashOf(token: string): Buffer | undefined {
  return shape.test(token) ? sha256(Buffer.from(token)) : undefined;
}

/** What an authenticator signs for this challenge, as base64url of 32 bytes (WebAuthn section 13.4.3). Does not reveal it. */
export function webAuthnChallengeOf(token: string): string {
  return sha256(Buffer.from(`webauthn ${token}`)).toString('base64url');
}
