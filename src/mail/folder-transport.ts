import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { MailTransport, Message } from './mail-transport.js';
import { toMime } from './to-mime.js';

/** What `/dev/mail` shows of an email, stored beside it as `ID.json`. */
export interface StoredEmail {
  to: string;
  subject: string;
  text: string;
  /** Absent in files of older versions. */
  html?: string;
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
    const { id, to, subject, text, html } = message;
    const date = new Date();
    const { message: bytes } = await this.composer.sendMail({ ...toMime(message, this.from), date });
    const shown: StoredEmail = { to, subject, text, html, sentAt: date.toISOString() };
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
