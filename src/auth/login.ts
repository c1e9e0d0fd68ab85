import { Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { locales, storedLocale } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import type { SignInAttempt } from '../limits/attempt-limits.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import type { SignInProof, StartedSession } from '../sessions/sessions.service.js';
import type { Credentials } from '../users/users.service.js';
import type { LoginBody } from './auth.schema.js';
import type { VerifiedPassword } from './password-verification.js';
import { PasswordVerification } from './password-verification.js';
import { SignIn } from './sign-in.js';
import { SignInResults } from './sign-in-results.js';

/** Where a sign-in comes from. */
export interface SignInOrigin extends ClientInfo {
  deviceToken: string | undefined;
}

interface AttemptContext {
  client: ClientInfo;
  attempt: SignInAttempt;
  signal: AbortSignal;
}

/** Signs users in with a password. */
@Injectable()
export class Login {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly verification: PasswordVerification,
    private readonly signIn: SignIn,
    private readonly results: SignInResults,
    private readonly clock: Clock,
    private readonly outbox: EmailOutbox,
  ) {}

  /**
   * Throws `overloaded`, `rate_limited` or `invalid_credentials`. If the password is right, throws `account_disabled`,
   * `email_unverified` or `second_factor_required`.
   */
  withPassword(
    body: LoginBody,
    { deviceToken, ...client }: SignInOrigin,
    signal: AbortSignal,
  ): Promise<StartedSession> {
    const source = { email: body.email, ip: client.ip, deviceToken };
    return this.results.count('password', () => {
      this.verification.assertRoom({ address: client.ip });
      return this.attempts.run(source, (attempt) => this.attemptSignIn(body, { client, attempt, signal }));
    });
  }

  private async attemptSignIn(body: LoginBody, context: AttemptContext): Promise<StartedSession> {
    const verified = await this.verify(body, context);
    if (verified.truncated && verified.user.secondFactor) await this.askForNewPassword(verified.user);
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
    const { client_id: clientId, scope, delivery } = body;
    const start = { clientId, scope, delivery, client, newPasswordHash };
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

  private async verify({ email, password }: LoginBody, context: AttemptContext): Promise<VerifiedPassword> {
    const caller = { address: context.client.ip, signal: context.signal };
    const verified = await this.verification.verify(email, password, caller);
    return 'user' in verified ? verified : this.refuse(context, verified.userId);
  }

  /** Counts a wrong password against the account, and throws. */
  private async refuse({ client, attempt }: AttemptContext, userId?: string): Promise<never> {
    const waitSeconds = await attempt.failed();
    return this.results.refuse(
      'invalid_credentials',
      client,
      userId,
      waitSeconds > 0 ? { wait_seconds: waitSeconds } : {},
    );
  }
}
