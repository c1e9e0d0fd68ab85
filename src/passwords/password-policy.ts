import { z } from 'zod';

/** The longest new password, in code points after NFKC. */
export const maxPasswordCodePoints = 256;

/**
 * In UTF-16 units. NFKC composes a code point from at most four, of at most two units each, so a longer text still has more
 * than 256 code points after NFKC.
 */
const maxNormalisedUnits = maxPasswordCodePoints * 4 * 2;

/** A password in a body, without bounds: a sign-in has no policy, and NewPasswords checks new passwords. */
export const Password = z.string().meta({
  format: 'password',
  description: 'Any Unicode, never truncated. Forms that are equal after NFKC are the same password.',
  example: 'correct horse battery staple',
});

/** The password that confirms a change of the account. Not sent by users who have none. */
export const ConfirmingPassword = Password.optional().meta({
  description:
    'The password of the account. Leave it out if the account has none (`has_password` of GET /auth/identities): the recent sign-in is then the proof.',
});

/** The text that is hashed: NFKC, so that every keyboard produces the same password. Never truncated. */
export function normalisePassword(password: string): string {
  // NFKC sorts runs of combining marks in quadratic time (0.3 s for a full body, on the event loop). A text this long is
  // not a stored password in any form, so it is hashed as it is.
  return password.length > maxNormalisedUnits ? password : password.normalize('NFKC');
}

/** What is wrong with the length of a new password, in words for its owner. Returns undefined if the length is good. */
export function passwordLengthFault(password: string, minLength: number): string | undefined {
  const codePoints = Array.from(normalisePassword(password)).length;
  if (codePoints < minLength) return `must have at least ${minLength} characters`;
  if (codePoints > maxPasswordCodePoints) return `must have at most ${maxPasswordCodePoints} characters`;
  return undefined;
}
