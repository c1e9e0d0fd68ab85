import { Injectable } from '@nestjs/common';
import { storedLocale } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { UserRemoval } from '../sessions/user-removal.js';
import type { AccountRequest } from './password-confirmation.js';
import { PasswordConfirmation } from './password-confirmation.js';

/** A signed-in user deletes the account. */
@Injectable()
export class AccountDeletion {
  constructor(
    private readonly confirmation: PasswordConfirmation,
    private readonly removal: UserRemoval,
    private readonly outbox: EmailOutbox,
  ) {}

  /** Deletes the user and everything that belongs to the user. Throws what PasswordConfirmation does, or `last_admin`. */
  async deleteAccount(password: string | undefined, request: AccountRequest): Promise<void> {
    const { ip } = request;
    await this.confirmation.runConfirmed(password, request, (user) => {
      const { id: userId, passwordHash } = user;
      // By the time the email is sent, the user's chosen language is deleted too.
      const locale = storedLocale(user.locale) ?? request.locale;
      return this.removal.remove({ userId, passwordHash }, { actorUserId: userId, ip }, (db) =>
        this.outbox.enqueueNotice('account_deleted', user, locale, db),
      );
    });
  }
}
