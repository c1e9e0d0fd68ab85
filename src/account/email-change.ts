import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import { PrismaService } from '../database/prisma.service.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { userStateHash } from '../users/user-state.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import type { ChangeEmailBody } from './email.schema.js';
import type { AccountRequest } from './password-confirmation.js';
import { PasswordConfirmation } from './password-confirmation.js';

/** A signed-in user asks for another address. It replaces the old one once the new mailbox confirms it. */
@Injectable()
export class EmailChange {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly confirmation: PasswordConfirmation,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sends a link to the new address and a notice to the old one. If the new address belongs to another account, only its
   * owner is notified. Throws `mail_not_configured`, `validation_failed` or what PasswordConfirmation does.
   */
  async requestChange({ email, password }: ChangeEmailBody, request: AccountRequest): Promise<void> {
    this.outbox.assertCanSend();
    await this.confirmation.runConfirmed(password, request, async (user) => {
      if (email !== user.email) return this.enqueueEmails(email, user, request);
      const fieldErrors = [{ path: 'email', message: 'is already your address' }];
      throw new ApiError('validation_failed', 'the address is not another one', { fieldErrors });
    });
  }

  /** The link works only while the user's address and password stay as they are now. */
  private enqueueEmails(
    email: string,
    user: Credentials,
    { user: { sessionId }, ip, locale }: AccountRequest,
  ): Promise<boolean> {
    const { id: userId, passwordHash } = user;
    return this.db.$transaction(async (tx) => {
      if (!(await this.users.hasPasswordHash(userId, passwordHash, tx))) return false;
      const stateHash = userStateHash(user);
      await this.outbox.enqueueEmail(
        { template: 'confirm_new_email', recipient: email, userId, stateHash, sessionId, locale },
        tx,
      );
      await this.outbox.enqueueNotice('email_change_requested', user, locale, tx);
      await this.audit.record(
        { event: 'user.email_change_requested', actorUserId: userId, subjectUserId: userId, ip },
        tx,
      );
      return true;
    });
  }
}
