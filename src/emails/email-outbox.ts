import { Injectable } from '@nestjs/common';
import type { Prisma } from '../database/generated/client.js';
import type { EmailRecord, NewEmail } from '../mail/mail-outbox.js';
import { MailOutbox } from '../mail/mail-outbox.js';
import type { EmailTemplate } from './email-templates.js';
import { templatesWithLink } from './email-templates.js';

/** Queues emails by template. An email queued in a transaction is sent only if that transaction commits. */
@Injectable()
export class EmailOutbox {
  constructor(private readonly outbox: MailOutbox) {}

  /** Throws `mail_not_configured` if no email can be sent. */
  assertCanSend(): void {
    this.outbox.assertCanSend();
  }

  /** One INSERT, whoever the recipient is. Does nothing if no email can be sent. */
  enqueueEmail(
    email: NewEmail & { template: EmailTemplate },
    db?: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    return this.outbox.enqueueEmail(email, db);
  }

  /** After a password change all earlier reset links are void, so the next request must not count as a repetition. */
  discardPasswordResets(recipient: string, db: Pick<Prisma.TransactionClient, '$executeRaw'>): Promise<void> {
    return this.outbox.discardEmails(
      { templates: ['reset_password', 'renew_password', 'finish_registration', 'invitation'], recipient },
      db,
    );
  }

  /** For a user who is being deleted. Notices stay: the owner must learn of a deletion by somebody else. */
  discardLinkEmails(
    user: { userId: string; email: string },
    db: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    const { userId, email: recipient } = user;
    return this.outbox.discardEmails({ templates: templatesWithLink, recipient, userId }, db);
  }

  /** The emails to one address that wait or were sent within the last hour, oldest first. */
  emailsTo(recipient: string): Promise<EmailRecord[]> {
    return this.outbox.emailsTo(recipient);
  }
}
