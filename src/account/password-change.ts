import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import { NewPasswordHash } from '../passwords/new-password-hash.js';
import { Revoker } from '../sessions/revoker.js';
import type { RenewedSession } from '../sessions/session-renewal.js';
import { SessionRenewal } from '../sessions/session-renewal.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import type { ChangePasswordBody } from './password.schema.js';
import { PasswordChangedNotice } from './password-changed-notice.js';
import type { AccountRequest } from './password-confirmation.js';
import { PasswordConfirmation } from './password-confirmation.js';

/** The session after a change of the password, and the hash that is stored now. */
export interface ChangedPassword extends RenewedSession {
  passwordHash: string;
}

/** A signed-in user chooses another password. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly confirmation: PasswordConfirmation,
    private readonly newHash: NewPasswordHash,
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly renewal: SessionRenewal,
    private readonly notice: PasswordChangedNotice,
  ) {}

  /**
   * Ends every session of the user and refuses their tokens. The current session continues under a new id, with new tokens
   * (OWASP ASVS 7.2.4): a thief who copied the old ones loses access. Throws what PasswordConfirmation does, `validation_failed`
   * or `password_too_weak`.
   */
  async changePassword(
    { current_password: password, new_password: newPassword }: ChangePasswordBody,
    request: AccountRequest,
  ): Promise<ChangedPassword> {
    let passwordHash: string | undefined;
    let renewed: RenewedSession | undefined;
    await this.confirmation.runConfirmed(password, request, async (user) => {
      passwordHash ??= await this.hash(newPassword, user, request);
      renewed = await this.replacePassword(passwordHash, user, request);
      return renewed !== undefined;
    });
    return { ...renewed!, passwordHash: passwordHash! };
  }

  private hash(password: string, { email, name }: Credentials, { ip, signal }: AccountRequest): Promise<string> {
    return this.newHash.of(password, { email, name: name ?? undefined }, { address: ip, signal }, 'new_password');
  }

  /** Returns undefined if the stored hash is no longer the proven one. */
  private replacePassword(
    passwordHash: string,
    { id, email, emailVerified, passwordHash: provenHash }: Credentials,
    { user, ip, locale }: AccountRequest,
  ): Promise<RenewedSession | undefined> {
    return this.revoker.inTransaction(async ({ db, endSessionsOf }) => {
      if (!(await this.users.replacePassword(id, { provenHash, passwordHash }, db))) return undefined;
      const renewed = await this.renewal.insertSuccessor(user, db);
      if (!renewed) throw new ApiError('token_revoked', 'the session ended meanwhile');
      await endSessionsOf(id, 'password_changed', renewed.session.sessionId);
      const change = { userId: id, email, emailVerified, actorUserId: id, ip, locale };
      await this.notice.recordAndNotify({ event: 'user.password_changed', ...change }, db);
      return renewed;
    });
  }
}
