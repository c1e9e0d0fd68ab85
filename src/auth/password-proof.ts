import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { UserPrincipal } from '../common/principal.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { UsersService } from '../users/users.service.js';
import type { Credentials } from '../users/users.service.js';

/** A request of a signed-in user that asks for the password once more. */
export interface OwnAct {
  user: UserPrincipal;
  ip: string;
  /** A device token, if one was presented. */
  deviceToken: string | undefined;
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

  /** Resolves with the user whose password it is. Throws `password_incorrect`, `rate_limited` or `token_revoked`. */
  async require(password: string, { user: { userId }, ip, deviceToken, signal }: OwnAct): Promise<Credentials> {
    const user = await this.users.findCredentialsById(userId);
    if (!user) throw new ApiError('token_revoked', 'the user is gone');
    return this.attempts.run({ email: user.email, ip, deviceToken }, async (attempt) => {
      const { matches } = await this.passwords.verify(user.passwordHash, password, { address: ip, signal });
      if (matches) return user;
      await attempt.failed();
      this.audit.record({ event: 'user.password_refused', actorUserId: userId, subjectUserId: userId, ip });
      throw new ApiError('password_incorrect');
    });
  }
}
