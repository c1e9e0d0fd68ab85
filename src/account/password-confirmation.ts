import { Injectable } from '@nestjs/common';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { noPassword } from '../passwords/stored-password.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';

/** A signed-in user's request to change the account, which asks for the password again if there is one. */
export interface AccountRequest {
  user: UserPrincipal;
  ip: string;
  locale: Locale;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/** Somebody who reads an email that was sent for the user. */
export interface LinkReader {
  userId: string;
  ip: string;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/**
 * Asks for the password again, for what a stolen access token alone must not do (OWASP ASVS 7.5.1). Wrong passwords are
 * limited as at a sign-in.
 */
@Injectable()
export class PasswordConfirmation {
  constructor(
    private readonly users: UsersService,
    private readonly attempts: SignInAttempts,
    private readonly passwords: PasswordHasher,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Checks the password, then runs `action`. The action must be one transaction that does nothing and returns false if the
   * stored hash is no longer the checked one. A user who has no password sends none: the route's `@FullSignIn()`, which has
   * checked for a recent sign-in of the account's highest level, is the proof. Throws `validation_failed` if the password is
   * missing, `password_incorrect`, `rate_limited`, `token_revoked` or what `action` throws.
   */
  async runConfirmed(
    password: string | undefined,
    request: AccountRequest,
    action: (user: Credentials) => Promise<boolean>,
  ): Promise<void> {
    const { ip, signal } = request;
    const { sessionId, userId } = request.user;
    const caller = { userId, actorUserId: userId, ip, signal };
    await this.attempts.run({ sessionId }, async (attempt) => {
      const user = await this.verify(password, caller, attempt.failed);
      if (await action(user)) return;
      // The password was changed, or a sign-in has stored a new hash of the same password: then the epoch is the same.
      const again = await this.verify(password, caller, attempt.failed);
      if (again.epoch === user.epoch && (await action(again))) return;
      throw new ApiError('password_incorrect', 'the password was changed meanwhile');
    });
  }

  /**
   * Checks the password for the reader of an email that was sent for the user, who is not signed in. Throws
   * `password_incorrect` or `rate_limited`.
   */
  async assertReaderKnows(password: string, { userId, ip, signal }: LinkReader): Promise<void> {
    await this.attempts.run({ linkOfUserId: userId }, async ({ failed }) => {
      await this.verify(password, { userId, ip, signal }, failed);
    });
  }

  private async verify(
    password: string | undefined,
    { userId, actorUserId, ip, signal }: LinkReader & { actorUserId?: string },
    failed: () => Promise<number>,
  ): Promise<Credentials> {
    const user = await this.users.findCredentialsById(userId);
    if (!user) throw new ApiError('token_revoked', 'the user was deleted');
    if (password === undefined) return assertHasNoPassword(user);
    const { matches } = await this.passwords.verify(user.passwordHash, password, { address: ip, signal });
    if (matches) return user;
    await failed();
    this.audit.record({ event: 'user.password_refused', actorUserId, subjectUserId: userId, ip });
    throw new ApiError('password_incorrect');
  }
}

function assertHasNoPassword(user: Credentials): Credentials {
  if (user.passwordHash === noPassword) return user;
  const fieldErrors = [{ path: 'password', message: 'is missing' }];
  throw new ApiError('validation_failed', 'the account has a password', { fieldErrors });
}
