import { Injectable } from '@nestjs/common';
import type { Locale } from '../common/locale.js';
import type { Prisma } from '../database/generated/client.js';
import type { EmailRecord, NewEmail } from '../mail/mail-outbox.js';
import { MailOutbox } from '../mail/mail-outbox.js';
import type { EmailTemplate, NoticeTemplate } from './email-templates.js';
import { templatesThatSetPassword, templatesWithLink } from './email-templates.js';

/** Queues emails by template. An email queued in a transaction is sent only if that transaction commits. */
@Injectable()
export class EmailOutbox {
  constructor(private readonly outbox: MailOutbox) {}

  /** Throws `mail_not_configured` if no email can be sent. */
  assertCanSend(): void {
    this.outbox.assertCanSend();
  }

  /** One INSERT for every recipient, known or unknown. Does nothing if no email can be sent. */
  enqueueEmail(
    email: NewEmail & { template: Exclude<EmailTemplate, NoticeTemplate> },
    db?: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    return this.outbox.enqueueEmail(email, db);
  }

  /** Notifies a user at their present address. Does nothing if the address was never confirmed: it may be a stranger's. */
  async enqueueNotice(
    template: NoticeTemplate,
    { id: userId, email: recipient, emailVerified }: { id: string; email: string; emailVerified: boolean },
    locale: Locale,
    db?: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    if (emailVerified) await this.outbox.enqueueEmail({ template, recipient, userId, locale }, db);
  }

  /** After a password change all earlier reset links are void, so the next request must not count as a repetition. */
  async discardPasswordResets(recipient: string, db: Pick<Prisma.TransactionClient, '$executeRaw'>): Promise<void> {
    const resets = { templates: templatesThatSetPassword, recipient };
    await this.outbox.discardWaiting(resets, db);
    await this.outbox.allowRepetition(resets, db);
  }

  /** For a user who is being deleted. Notices stay: the owner must learn of a deletion by somebody else. */
  discardLinkEmails(
    user: { userId: string; email: string },
    db: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    const { userId, email: recipient } = user;
    return this.outbox.discardWaiting({ templates: templatesWithLink, recipient, userId }, db);
  }

  /** The emails to one address that wait or were sent within the last day, oldest first. */
  emailsTo(recipient: string): Promise<EmailRecord[]> {
    return this.outbox.emailsTo(recipient);
  }
}
