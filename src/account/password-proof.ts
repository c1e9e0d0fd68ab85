import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { UserPrincipal } from '../common/principal.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';

/** A request of a signed-in user that asks for the password once more. */
export interface OwnAct {
  user: UserPrincipal;
  ip: string;
  locale: Locale;
  /** Aborted when the client has left. */
  signal: AbortSignal;
}

/** For what a stolen access token alone must not do (OWASP ASVS 7.5.1): the password, limited as at a sign-in. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: UsersService,
    private readonly attempts: SignInAttempts,
    private readonly passwords: PasswordHasher,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Runs `act` for the user whose password it is. It must be one transaction that asks once more for the proven hash, and
   * resolve with false, having done nothing, where that is gone. Throws `password_incorrect`, `rate_limited`,
   * `token_revoked` or what `act` does.
   */
  async run(password: string, own: OwnAct, act: (user: Credentials) => Promise<boolean>): Promise<void> {
    const { sessionId } = own.user;
    await this.attempts.run({ sessionId }, async (attempt) => {
      const user = await this.verify(password, own, attempt.failed);
      if (await act(user)) return;
      // Another password, or only a new hash of the same one, that a sign-in has made: then the epoch is as it was.
      const again = await this.verify(password, own, attempt.failed);
      if (again.epoch === user.epoch && (await act(again))) return;
      throw new ApiError('password_incorrect', 'changed meanwhile');
    });
  }

  private async verify(
    password: string,
    { user: { userId }, ip, signal }: OwnAct,
    failed: () => Promise<number>,
  ): Promise<Credentials> {
    const user = await this.users.findCredentialsById(userId);
    if (!user) throw new ApiError('token_revoked', 'the user is gone');
    const { matches } = await this.passwords.verify(user.passwordHash, password, { address: ip, signal });
    if (matches) return user;
    await failed();
    this.audit.record({ event: 'user.password_refused', actorUserId: userId, subjectUserId: userId, ip });
    throw new ApiError('password_incorrect');
  }
}
