import type { EmailTemplate } from './email-templates.js';

/** What was sent to one address with one template, about any user. */
export interface SentBefore {
  sentLastDay: number;
  /** Since the last one; null if there was none within a day. */
  secondsSinceSent: number | null;
}

interface Frequency {
  /** Sent without a minimum interval. */
  free: number;
  /** Seconds between further ones. */
  intervalSeconds: number;
  maxPerDay: number;
}

const minute = 60;
/** Shorter than the lifetime of any link, so that a caller who asks again during the interval has a link that works. */
const withinLink = 25 * minute;
const forStrangers: Frequency = { free: 3, intervalSeconds: withinLink, maxPerDay: 10 };
/** Without a daily maximum: a stranger must not be able to keep users from resetting their password. */
const forOwners: Frequency = { free: 3, intervalSeconds: withinLink, maxPerDay: Infinity };
/** The same, within the shorter lifetime of a link for signing in. */
const forSignIn: Frequency = { ...forOwners, intervalSeconds: 8 * minute };
const notice: Frequency = { free: 0, intervalSeconds: 60 * minute, maxPerDay: 24 };

/** Templates that somebody else can cause to be sent. The others follow an action of the signed-in user. */
const frequencies: Readonly<Partial<Record<EmailTemplate, Frequency>>> = {
  verify_email: forStrangers,
  address_taken: forStrangers,
  confirm_new_email: forStrangers,
  reset_password: forOwners,
  renew_password: forOwners,
  finish_registration: forOwners,
  sign_in: forSignIn,
  new_device: notice,
  sign_in_after_failures: notice,
  session_reused: notice,
};

/** Whether an address got enough emails of this template. A deleted account does not make it forget. */
export function isTooFrequent(template: EmailTemplate, { sentLastDay, secondsSinceSent }: SentBefore): boolean {
  const frequency = frequencies[template];
  if (!frequency) return false;
  if (sentLastDay >= frequency.maxPerDay) return true;
  return sentLastDay >= frequency.free && secondsSinceSent !== null && secondsSinceSent < frequency.intervalSeconds;
}
