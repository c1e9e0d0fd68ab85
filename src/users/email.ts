import { z } from 'zod';

/** RFC 5321 section 4.5.3.1.3: a path holds 256 characters, two of them its angle brackets. */
const maxEmailCharacters = 254;

/** RFC 5321 section 4.1.2: `Dot-string "@" Domain`, ASCII only. A domain in another script is sent as its `xn--` form. */
const mailbox =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/**
 * An email address as the service stores, compares and shows it: trimmed and in lower case.
 *
 * The shape is checked before lower-casing, because some letters outside ASCII become ASCII ones (the Kelvin sign becomes
 * `k`), and a look-alike must not reach another user's account.
 */
export const EmailAddress = z
  .string()
  .trim()
  .max(maxEmailCharacters)
  .check(z.email({ pattern: mailbox }))
  .toLowerCase()
  .meta({ description: 'Compared without case.', example: 'ada@example.com' });
