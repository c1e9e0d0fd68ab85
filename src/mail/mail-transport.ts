import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { SendMailOptions } from 'nodemailer';
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
const silenceTimeoutMs = 20_000;

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

/** Writes mails to a folder, for development: a file each, so that a second attempt makes no second mail. */
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
    const { message: bytes } = await this.composer.sendMail(toMail(message, this.from));
    // The links in it open accounts: for this user alone.
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = join(this.folder, `${message.id}.eml`);
    await writeFile(`${file}.part`, bytes as Buffer, { mode: 0o600 });
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

function toMailRefused(error: unknown): MailRefused {
  const { code, command, responseCode } = error as { code?: string; command?: string; responseCode?: number };
  const reason = [code, command, responseCode].filter((part) => part !== undefined).join(' ');
  const permanent = command === 'RCPT TO' && responseCode !== undefined && responseCode >= 500;
  return new MailRefused(reason || 'unknown', permanent);
}
