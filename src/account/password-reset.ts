import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Revoker } from '../sessions/revoker.js';
import { UsersService } from '../users/users.service.js';
import type { ResetPasswordBody } from './account.schema.js';

/** A forgotten password, replaced by way of the user's mailbox (OWASP's forgot password cheat sheet). */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly outbox: EmailOutbox,
    private readonly tokens: OneTimeTokens,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly attempts: SignInAttempts,
    private readonly audit: AuditLog,
  ) {}

  /** The same work for whatever address: who has it is asked when the mail is sent. Throws `mail_not_configured`. */
  async request(email: string, locale: Locale): Promise<void> {
    this.outbox.assertCanSend();
    await this.outbox.enqueueEmail({ template: 'reset_password', recipient: email, locale });
  }

  /**
   * Ends every session, starts none, and proves the address, since the link was sent there. Resolves with it. Throws
   * `one_time_token_invalid`, `validation_failed` or `password_too_weak`; the link stays good after the last two.
   */
  async reset(
    { token, password }: ResetPasswordBody,
    { ip }: ClientInfo,
    locale: Locale,
    signal: AbortSignal,
  ): Promise<string> {
    const found = await this.tokens.find(token, 'reset_password');
    if (!found) throw new ApiError('one_time_token_invalid');
    const { userId, email, name } = found;
    await this.newPasswords.check(password, { email, name: name ?? undefined });
    const passwordHash = await this.passwords.hash(password, { address: ip, signal });
    await this.revoker.inTransaction(async ({ db, refuseTokensBelow, endSessionsOf }) => {
      const taken = await this.tokens.take(db, token, 'reset_password');
      if (!taken) throw new ApiError('one_time_token_invalid', 'used meanwhile');
      await refuseTokensBelow(userId, await this.users.resetPassword(userId, passwordHash, db));
      await endSessionsOf(userId, 'password_reset');
      await this.outbox.discardPasswordResets(email, db);
      await this.outbox.enqueueEmail({ template: 'password_changed', recipient: email, userId, locale }, db);
      await this.audit.record({ event: 'user.password_reset', subjectUserId: userId, ip }, db);
    });
    // Whatever others have guessed must not keep its owner out.
    await this.attempts.forget(email);
    return email;
  }
}
