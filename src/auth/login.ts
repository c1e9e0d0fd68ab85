import { Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { locales, storedLocale } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import type { SignInAttempt } from '../limits/attempt-limits.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import type { HashCaller } from '../passwords/hash-queue.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { SignInProof, StartedSession } from '../sessions/sessions.service.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import type { LoginBody } from './auth.schema.js';
import { SignIn } from './sign-in.js';

/** Where a sign-in comes from. */
export interface SignInOrigin extends ClientInfo {
  deviceToken: string | undefined;
}

interface AttemptContext {
  client: ClientInfo;
  attempt: SignInAttempt;
  signal: AbortSignal;
}

interface VerifiedPassword {
  user: Credentials;
  /** The hash under today's parameters, if the stored one is outdated. */
  newPasswordHash: string | undefined;
  /** Another ending of the password would have been accepted too. */
  truncated: boolean;
}

/** Signs users in with a password. */
@Injectable()
export class Login {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly users: UsersService,
    private readonly passwords: PasswordHasher,
    private readonly signIn: SignIn,
    private readonly clock: Clock,
    private readonly outbox: EmailOutbox,
  ) {}

  /**
   * Throws `invalid_credentials` or `rate_limited`. If the password is right, throws `account_disabled` or
   * `email_unverified`.
   */
  withPassword(
    body: LoginBody,
    { deviceToken, ...client }: SignInOrigin,
    signal: AbortSignal,
  ): Promise<StartedSession> {
    const source = { email: body.email, ip: client.ip, deviceToken };
    return this.signIn.count(() =>
      this.attempts.run(source, (attempt) => this.attemptSignIn(body, { client, attempt, signal })),
    );
  }

  private async attemptSignIn(body: LoginBody, context: AttemptContext): Promise<StartedSession> {
    const verified = await this.verify(body, context);
    const signedIn =
      (await this.complete(verified, body, context)) ?? (await this.completeAgain(verified, body, context));
    // The user was disabled or deleted, or got another password, while the hash was computed.
    if (!signedIn) return this.refuse(context, verified.user.id);
    if (verified.truncated) await this.askForNewPassword(verified.user);
    return signedIn;
  }

  /** The stored hash cannot be replaced by one of a password whose ending nobody has checked. */
  private askForNewPassword({ email: recipient, locale }: Credentials): Promise<void> {
    return this.outbox.enqueueEmail({
      template: 'renew_password',
      recipient,
      locale: storedLocale(locale) ?? locales[0],
    });
  }

  private complete(
    { user, newPasswordHash }: VerifiedPassword,
    body: LoginBody,
    { client, attempt }: AttemptContext,
  ): Promise<StartedSession | undefined> {
    const signs = { knownDevice: attempt.known, earlierFailures: attempt.earlierFailures };
    const proof: SignInProof = {
      userId: user.id,
      epoch: user.epoch,
      methods: ['pwd'],
      authenticatedAt: this.clock.now(),
      expectedPasswordHash: user.passwordHash,
    };
    const start = { clientId: body.client_id, scope: body.scope, client, newPasswordHash };
    return this.signIn.complete(proof, { ...user, signs }, start);
  }

  /** A concurrent sign-in may have renewed the hash: then the password is still right for the same epoch. */
  private async completeAgain(
    { user: { epoch } }: VerifiedPassword,
    body: LoginBody,
    context: AttemptContext,
  ): Promise<StartedSession | undefined> {
    const verified = await this.verify(body, context);
    return this.complete({ ...verified, user: { ...verified.user, epoch } }, body, context);
  }

  /** Does the same work for an unknown email address as for a wrong password (OWASP ASVS 6.3.8). */
  private async verify(body: LoginBody, context: AttemptContext): Promise<VerifiedPassword> {
    const caller = { address: context.client.ip, signal: context.signal };
    const user = await this.users.findCredentialsByEmail(body.email);
    const check = user
      ? await this.passwords.verify(user.passwordHash, body.password, caller)
      : await this.passwords.verifyUnknown(body.password, caller);
    if (!user || !check.matches) return this.refuse(context, user?.id);
    const newPasswordHash = check.rehash ? await this.rehash(body.password, caller) : undefined;
    return { user, newPasswordHash, truncated: check.truncated };
  }

  /** Returns undefined if the queue is full: a right password must not fail because of that. */
  private async rehash(password: string, caller: HashCaller): Promise<string | undefined> {
    try {
      return await this.passwords.hash(password, caller);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'overloaded') return undefined;
      throw error;
    }
  }

  /** Counts a wrong password against the account, and throws. */
  private async refuse({ client, attempt }: AttemptContext, userId?: string): Promise<never> {
    const waitSeconds = await attempt.failed();
    return this.signIn.refuse(
      'invalid_credentials',
      client,
      userId,
      waitSeconds > 0 ? { wait_seconds: waitSeconds } : {},
    );
  }
}
