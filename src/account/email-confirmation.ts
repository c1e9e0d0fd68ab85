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
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import { UsersService } from '../users/users.service.js';

/** Confirms addresses with the one-time token of an email that was sent there: a first address, or a new one. */
@Injectable()
export class EmailConfirmation {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Returns the confirmed address, or undefined if this token has confirmed it before: people open links twice, and mail
   * scanners open them first. Throws `one_time_token_invalid`, or `email_taken` if somebody has registered the new address
   * meanwhile.
   */
  async confirmAddress(token: string, { ip }: ClientInfo, locale: Locale): Promise<string | undefined> {
    try {
      return await this.db.$transaction(async (tx) => {
        const found = await this.tokens.lockKept(tx, token, 'verify_email', 'change_email');
        if (!found) throw new ApiError('one_time_token_invalid');
        if (found.used) return undefined;
        const { userId: subjectUserId, purpose } = found;
        if (purpose === 'change_email') {
          await this.replaceAddress(found, locale, tx);
          await this.audit.record({ event: 'user.email_changed', subjectUserId, ip }, tx);
        } else if (await this.users.confirmEmail(subjectUserId, tx)) {
          await this.audit.record({ event: 'user.email_verified', subjectUserId, ip }, tx);
        }
        return (await this.tokens.markUsed(tx, token)) ? found.sentTo : undefined;
      });
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw new ApiError('email_taken', 'registered meanwhile');
      throw error;
    }
  }

  private async replaceAddress(
    { userId, sentTo, email, emailVerified }: OneTimeToken,
    locale: Locale,
    tx: Prisma.TransactionClient,
  ): Promise<void> {
    await this.users.replaceEmail(userId, sentTo, tx);
    await this.outbox.enqueueNotice('email_changed', { id: userId, email, emailVerified }, locale, tx);
  }
}
