import { Injectable } from '@nestjs/common';
import { NewPasswordHash } from '../passwords/new-password-hash.js';
import { Revoker } from '../sessions/revoker.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import type { ChangePasswordBody } from './password.schema.js';
import { PasswordChangedNotice } from './password-changed-notice.js';
import type { AccountRequest } from './password-confirmation.js';
import { PasswordConfirmation } from './password-confirmation.js';

/** A signed-in user chooses another password. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly confirmation: PasswordConfirmation,
    private readonly newHash: NewPasswordHash,
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly notice: PasswordChangedNotice,
  ) {}

  /**
   * Ends every other session of the user. Throws what PasswordConfirmation does, `validation_failed` or
   * `password_too_weak`.
   */
  async changePassword(
    { current_password: password, new_password: newPassword }: ChangePasswordBody,
    request: AccountRequest,
  ): Promise<void> {
    let passwordHash: string | undefined;
    await this.confirmation.runConfirmed(password, request, async (user) => {
      passwordHash ??= await this.hash(newPassword, user, request);
      return this.replacePassword(passwordHash, user, request);
    });
  }

  private hash(password: string, { email, name }: Credentials, { ip, signal }: AccountRequest): Promise<string> {
    return this.newHash.of(password, { email, name: name ?? undefined }, { address: ip, signal }, 'new_password');
  }

  private replacePassword(
    passwordHash: string,
    { id, email, emailVerified, passwordHash: provenHash }: Credentials,
    { user, ip, locale }: AccountRequest,
  ): Promise<boolean> {
    return this.revoker.inTransaction(async ({ db, endSessionsOf }) => {
      if (!(await this.users.replacePassword(id, { provenHash, passwordHash }, db))) return false;
      await endSessionsOf(id, 'password_changed', user.sessionId);
      const change = { userId: id, email, emailVerified, actorUserId: id, ip, locale };
      await this.notice.recordAndNotify({ event: 'user.password_changed', ...change }, db);
      return true;
    });
  }
}
