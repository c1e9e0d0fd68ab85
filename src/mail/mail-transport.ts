import type { Locale } from '../common/locale.js';

/** An email, ready to be sent. */
export interface Message {
  /** A UUID: the same for each attempt to send it. */
  id: string;
  to: string;
  locale: Locale;
  subject: string;
  text: string;
  html: string;
}

export interface MailTransport {
  /** Resolves once the other side has taken the email. Throws DeliveryFailed, or another error. */
  deliver(message: Message, signal: AbortSignal): Promise<void>;
}

/** How long a mail server may take to say that it has taken an email (RFC 5321 section 4.5.3.2.6): giving up earlier sends it twice. */
export const maxSilenceMs = 10 * 60_000;
