import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SendMailOptions } from 'nodemailer';
import { createTransport } from 'nodemailer';
import type { Locale } from '../common/locale.js';

/** A letter to one reader. */
export interface Message {
  /** A UUID: the same for each attempt to send it. */
  id: string;
  to: string;
  locale: Locale;
  subject: string;
  text: string;
  html: string;
}

/** Takes mails off our hands. */
export interface MailTransport {
  /** Resolves once the other side has taken it over. Throws MailRefused, or whatever went wrong. */
  deliver(message: Message, signal: AbortSignal): Promise<void>;
}

/** Why a mail was not taken; without the server's own words, which may name the recipient. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';

  constructor(
    /** For the log, such as `EENVELOPE RCPT TO 550`. */
    readonly reason: string,
    /** There is no such mailbox (RFC 5321 section 4.2.1): it will not be taken later either. */
    readonly permanent: boolean,
  ) {
    super(reason);
  }
}

const connectTimeoutMs = 10_000;
/** RFC 5321 section 4.5.3.2.6: a server may take so long to say that it has taken a mail. Who gives up earlier sends it twice. */
export const silenceTimeoutMs = 10 * 60_000;

/** Hands mails to the server in SMTP_URL, over a connection each. */
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
      socketTimeout: silenceTimeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async deliver(message: Message, signal: AbortSignal): Promise<void> {
    try {
      await this.mailer.sendMail({ ...toMail(message, this.from), signal });
    } catch (error) {
      throw toMailRefused(error);
    }
  }
}

/** What `/dev/mail` shows of an email, stored beside it as `ID.json`. */
export interface StoredEmail {
  to: string;
  subject: string;
  text: string;
  /** RFC 3339. */
  sentAt: string;
}

/** Stores emails in a folder, for development. The file is named after the id, so a second attempt makes no second email. */
export class FolderTransport implements MailTransport {
  private readonly composer = createTransport({
    streamTransport: true,
    buffer: true,
    disableFileAccess: true,
    disableUrlAccess: true,
  });

  constructor(
    private readonly folder: string,
    private readonly from: string,
  ) {}

  async deliver(message: Message): Promise<void> {
    const { id, to, subject, text } = message;
    const date = new Date();
    const { message: bytes } = await this.composer.sendMail({ ...toMail(message, this.from), date });
    const shown: StoredEmail = { to, subject, text, sentAt: date.toISOString() };
    // Links in the emails open accounts, so only the user that runs the service may read them.
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.writeWhole(`${id}.eml`, bytes as Buffer);
    await this.writeWhole(`${id}.json`, JSON.stringify(shown));
  }

  /** Writes to a draft and renames it, so that no reader sees half a file. */
  private async writeWhole(name: string, content: Buffer | string): Promise<void> {
    const file = join(this.folder, name);
    await writeFile(`${file}.part`, content, { mode: 0o600 });
    await rename(`${file}.part`, file);
  }
}

function toMail({ id, to, locale, subject, text, html }: Message, from: string): SendMailOptions {
  return {
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${id}@${domainOf(from)}>`,
    headers: {
      // RFC 3834 section 5: no vacation notice is to answer it.
      'Auto-Submitted': 'auto-generated',
      'Content-Language': locale,
    },
  };
}

function domainOf(from: string): string {
  return /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}

interface SmtpError {
  code?: string;
  /** What was refused, such as `RCPT TO`. */
  command?: string;
  responseCode?: number;
  /** The server's words. */
  response?: string;
}

function toMailRefused(error: unknown): MailRefused {
  const { code, command, responseCode, response = '' } = error as SmtpError;
  // RFC 3463: the enhanced code says more than the reply's first three digits, and names nobody.
  const [, enhancedCode] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  const reason = [code, command, responseCode, enhancedCode].filter((part) => part !== undefined).join(' ');
  // 5.7: the server has something against us, and may be set right.
  const permanent =
    command === 'RCPT TO' && responseCode !== undefined && responseCode >= 500 && !enhancedCode?.startsWith('5.7.');
  return new MailRefused(reason || 'unknown', permanent);
}
