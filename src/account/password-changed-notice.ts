import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Locale } from '../common/locale.js';
import type { Prisma } from '../database/generated/client.js';
import { EmailOutbox } from '../emails/email-outbox.js';

/** A password that was replaced: by whom, if that is known, and from where. */
export interface ReplacedPassword {
  event: 'user.password_changed' | 'user.password_reset';
  userId: string;
  email: string;
  /** A reset proves the address. */
  emailVerified: boolean;
  actorUserId?: string;
  ip: string;
  locale: Locale;
}

/** Audits a new password, and notifies its owner by email. */
@Injectable()
export class PasswordChangedNotice {
  constructor(
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /** Part of the transaction that replaces the password. */
  async recordAndNotify(
    { event, userId, email, emailVerified, actorUserId, ip, locale }: ReplacedPassword,
    db: Prisma.TransactionClient,
  ): Promise<void> {
    // The links of earlier reset emails are void, so the next request for one must send another email at once.
    await this.outbox.discardPasswordResets(email, db);
    await this.outbox.enqueueNotice('password_changed', { id: userId, email, emailVerified }, locale, db);
    await this.audit.record({ event, actorUserId, subjectUserId: userId, ip }, db);
  }
}
