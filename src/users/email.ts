import { z } from 'zod';
import { toAsciiDomain } from './ascii-domain.js';

/** RFC 5321 section 4.5.3.1.3: a path holds 256 characters, two of them its angle brackets. */
const maxEmailCharacters = 254;

/** RFC 5321 section 4.1.2: `Dot-string "@" Domain`, ASCII only. */
const mailbox =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** The same as people may type it: the domain may be written in any script. */
const typedMailbox =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff-]*[A-Za-z0-9\u0080-\uffff])?(?:\.[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff-]*[A-Za-z0-9\u0080-\uffff])?)*$/;

/**
 * An email address as the service stores, compares and shows it: trimmed, in lower case, and with its domain as mail servers
 * write it (`xn--`).
 *
 * The shape is checked before lower-casing, because some letters outside ASCII become ASCII ones (the Kelvin sign becomes
 * `k`), and a look-alike must not reach another user's account.
 */
export const EmailAddress = z
  .string()
  .trim()
  .max(maxEmailCharacters, { abort: true })
  .check(z.email({ pattern: typedMailbox, abort: true }))
  .overwrite(withAsciiDomain)
  .refine((address) => mailbox.test(address) && address.length <= maxEmailCharacters, {
    error: 'This is not an email address.',
  })
  .toLowerCase()
  .meta({
    description: 'Compared without case. A domain in another script is stored as its `xn--` form.',
    example: 'ada@example.com',
  });

/** Leaves an address whose domain has no ASCII form as it is, so that it is refused. */
function withAsciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = toAsciiDomain(address.slice(at + 1));
  return domain === undefined ? address : `${address.slice(0, at)}@${domain}`;
}
