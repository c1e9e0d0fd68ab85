import { createTransport } from 'nodemailer';
import { DeliveryFailed } from '../database/outbox/delivery.js';
import type { MailTransport, Message } from './mail-transport.js';
import { maxSilenceMs } from './mail-transport.js';
import { toMime } from './to-mime.js';

const connectTimeoutMs = 10_000;

/** Sends emails through the server in SMTP_URL, each over a connection of its own. */
export class SmtpTransport implements MailTransport {
  private readonly mailer;

  constructor(
    url: string,
    private readonly from: string,
  ) {
    this.mailer = createTransport({
      url,
      connectionTimeout: connectTimeoutMs,
      dnsTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: maxSilenceMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async deliver(message: Message, signal: AbortSignal): Promise<void> {
    try {
      await this.mailer.sendMail({ ...toMime(message, this.from), signal });
    } catch (error) {
      throw toDeliveryFailed(error);
    }
  }
}

interface SmtpError {
  message?: string;
  code?: string;
  /** The command that was refused, such as `RCPT TO`. */
  command?: string;
  responseCode?: number;
  /** The server's own words, which may name the recipient. */
  response?: string;
}

/** nodemailer's codes of failed connections. Their messages come from the network or TLS, and never name a recipient. */
const connectionCodes: ReadonlySet<unknown> = new Set(['ECONNECTION', 'EDNS', 'ESOCKET', 'ETIMEDOUT', 'ETLS']);

function toDeliveryFailed(error: unknown): DeliveryFailed {
  const { message, code, command, responseCode, response = '' } = error as SmtpError;
  // RFC 3463: the enhanced code says more than the first three digits, and names nobody.
  const [, enhancedCode] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  const codes = [code, command, responseCode, enhancedCode].filter((part) => part !== undefined).join(' ');
  // Such as `self-signed certificate`.
  const reason = response === '' && connectionCodes.has(code) ? `${codes}: ${message}` : codes;
  // RFC 5321 section 4.2.1: the mailbox does not exist. 5.7 means that the server refuses us, which the operator can fix.
  const permanent =
    command === 'RCPT TO' && responseCode !== undefined && responseCode >= 500 && !enhancedCode?.startsWith('5.7.');
  return new DeliveryFailed(reason || 'unknown', permanent);
}
