import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import type { Config } from '../../src/config/config.js';
import { CONFIG } from '../../src/config/config.module.js';
import { MailSender } from '../../src/mail/mail-sender.js';
import type { TestApp } from '../support/app.js';

/** An email as its reader sees it. */
export interface ReceivedMail {
  subject: string;
  text: string;
  html: string;
  from: string;
  messageId: string;
  /** The Content-Language header. */
  language: string;
}

/** Sends every email that is due. */
export function sendMails(app: TestApp): Promise<void> {
  return app.nest.get(MailSender, { strict: false }).sendDue();
}

/** Sends every email that is due, and returns all emails to the address, the oldest first. */
export async function mailsTo(app: TestApp, address: string): Promise<ReceivedMail[]> {
  await sendMails(app);
  const folder = app.nest.get<Config>(CONFIG, { strict: false }).mail.folder!;
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')).sort();
  const mails = await Promise.all(files.map(async (name) => PostalMime.parse(await readFile(join(folder, name)))));
  return mails
    .filter(({ to }) => to?.some((recipient) => recipient.address === address))
    .map(({ subject = '', text = '', html = '', from, messageId = '', headers }) => ({
      subject,
      text,
      html,
      from: from?.address ?? '',
      messageId,
      language: headers.find(({ key }) => key === 'content-language')?.value ?? '',
    }));
}

/** The token of the link in an email. Undefined if there is no link. */
export function findToken({ text }: ReceivedMail): string | undefined {
  return /#token=([A-Za-z0-9_-]{43})$/m.exec(text)?.[1];
}

/** Like `findToken`, but throws if there is no link. */
export function tokenIn(mail: ReceivedMail | undefined): string {
  const token = mail && findToken(mail);
  if (token === undefined) throw new Error(`There is no link in ${JSON.stringify(mail)}`);
  return token;
}

/** Simulates another instance that is sending: nothing is sent until the returned function is called. */
export async function holdMails({ db }: Pick<TestApp, 'db'>): Promise<() => Promise<unknown>> {
  const [held] = await db.query<{ id: string }>(`
    INSERT INTO mail_outbox (id, letter, recipient, locale, created_at, next_attempt_at, leased_by, leased_until)
    VALUES (gen_random_uuid(), 'password_changed', 'somebody@example.com', 'en', now(), now(), gen_random_uuid(),
      now() + interval '1 day') RETURNING id`);
  return () => db.query('DELETE FROM mail_outbox WHERE id = $1', [held!.id]);
}
