import type { SendMailOptions } from 'nodemailer';
import type { Message } from './mail-transport.js';

/** The message in the form that nodemailer takes. */
export function toMime({ id, to, locale, subject, text, html }: Message, from: string): SendMailOptions {
  return {
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${id}@${domainOf(from)}>`,
    headers: {
      // RFC 3834 section 5: automatic replies must not be sent to it.
      'Auto-Submitted': 'auto-generated',
      'Content-Language': locale,
    },
  };
}

function domainOf(from: string): string {
  return /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}
