import { z } from 'zod';

/** Longest new password, in code points after NFKC. */
export const maxPasswordCodePoints = 256;

/**
 * UTF-16 units. Unicode composes a code point from at most four, of at most two units each, so what is longer than this
 * still has more than 256 code points after NFKC.
 */
const maxNormalisedUnits = maxPasswordCodePoints * 4 * 2;

/** A password in a body. Without bounds: a sign-in demands no policy, and a new password goes to NewPasswords. */
export const Password = z.string().meta({
  format: 'password',
  description: 'Any Unicode, never truncated; forms that NFKC makes equal are the same password.',
  example: 'correct horse battery staple',
});

/** The text that is hashed: NFKC, so that every keyboard's spelling of a password is the same one. Never cut off. */
export function normalisePassword(password: string): string {
  // NFKC sorts runs of combining marks in quadratic time (0.3 s for a full body, on the event loop). A text this long is
  // no stored password in any form, so it is hashed as it came.
  return password.length > maxNormalisedUnits ? password : password.normalize('NFKC');
}

/** What is wrong with the length of a new password, in words for its owner; undefined if nothing is. */
export function newPasswordFault(password: string, minLength: number): string | undefined {
  const codePoints = Array.from(normalisePassword(password)).length;
  if (codePoints < minLength) return `must have at least ${minLength} characters`;
  if (codePoints > maxPasswordCodePoints) return `must have at most ${maxPasswordCodePoints} characters`;
  return undefined;
}
