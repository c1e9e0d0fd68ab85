import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { isUniqueViolation } from '../database/unavailable.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import type { OneTimeToken } from '../emails/one-time-tokens.js';
import { OneTimeTokens, userStateHash } from '../emails/one-time-tokens.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import type { ChangeEmailBody } from './account.schema.js';
import type { OwnAct } from './password-proof.js';
import { PasswordProof } from './password-proof.js';

/** Proves addresses, and changes them: an address counts once a mail to it was read. */
@Injectable()
export class EmailAddresses {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly outbox: EmailOutbox,
    private readonly tokens: OneTimeTokens,
    private readonly proof: PasswordProof,
    private readonly audit: AuditLog,
  ) {}

  /** The same work for whatever address: who has it is asked when the mail is sent. Throws `mail_not_configured`. */
  async resend(email: string, locale: Locale): Promise<void> {
    this.outbox.assertCanSend();
    await this.outbox.enqueueEmail({ template: 'verify_email', recipient: email, locale });
  }

  /**
   * Asks the new address for its confirmation and tells the old one; whether the new one is taken is told to its owner
   * alone. Throws `mail_not_configured`, `validation_failed` or what PasswordProof does.
   */
  async requestChange({ email, password }: ChangeEmailBody, own: OwnAct): Promise<void> {
    this.outbox.assertCanSend();
    await this.proof.run(password, own, async (proven) => {
      if (email !== proven.email) return this.askNewAddress(email, proven, own);
      const fieldErrors = [{ path: 'email', message: 'is your address already' }];
      throw new ApiError('validation_failed', 'the address is not another one', { fieldErrors });
    });
  }

  /** The link will be good only while the user's address and password are those that were proven. */
  private askNewAddress(email: string, proven: Credentials, { ip, locale }: OwnAct): Promise<boolean> {
    const { id: userId, email: current, passwordHash } = proven;
    return this.db.$transaction(async (tx) => {
      if (!(await this.users.hasPasswordHash(userId, passwordHash, tx))) return false;
      const stateHash = userStateHash(proven);
      await this.outbox.enqueueEmail(
        { template: 'confirm_new_email', recipient: email, userId, stateHash, locale },
        tx,
      );
      await this.outbox.enqueueEmail({ template: 'email_change_requested', recipient: current, userId, locale }, tx);
      await this.audit.record(
        { event: 'user.email_change_requested', actorUserId: userId, subjectUserId: userId, ip },
        tx,
      );
      return true;
    });
  }

  /**
   * For the links of both kinds of mail. Resolves with the address that is now confirmed. Throws `one_time_token_invalid`, or
   * `email_taken` when another was faster.
   */
  async confirm(token: string, { ip }: ClientInfo, locale: Locale): Promise<string> {
    try {
      return await this.db.$transaction(async (tx) => {
        const taken = await this.tokens.take(tx, token, 'verify_email', 'change_email');
        if (!taken) throw new ApiError('one_time_token_invalid');
        const { userId: subjectUserId, purpose } = taken;
        if (purpose === 'change_email') {
          await this.replace(taken, locale, tx);
          await this.audit.record({ event: 'user.email_changed', subjectUserId, ip }, tx);
        } else if (await this.users.confirmEmail(subjectUserId, tx)) {
          await this.audit.record({ event: 'user.email_verified', subjectUserId, ip }, tx);
        }
        return taken.sentTo;
      });
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw new ApiError('email_taken', 'registered meanwhile');
      throw error;
    }
  }

  private async replace(
    { userId, sentTo, email: before }: OneTimeToken,
    locale: Locale,
    tx: Prisma.TransactionClient,
  ): Promise<void> {
    await this.users.replaceEmail(userId, sentTo, tx);
    await this.outbox.enqueueEmail({ template: 'email_changed', recipient: before, userId, locale }, tx);
  }
}
