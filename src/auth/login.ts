import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { SignInAttempt } from '../limits/sign-in-attempts.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import { Metrics, startAtZero } from '../metrics/metrics.js';
import type { HashCaller } from '../passwords/hash-queue.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { SessionWithUser } from '../sessions/session-rows.js';
import type { VerifiedCredentials } from '../sessions/sessions.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import type { LoginBody } from './auth.schema.js';

/** A session that has just begun, with its refresh token. */
export interface SignedIn {
  session: SessionWithUser;
  refreshToken: string;
}

/** Where a sign-in comes from. */
export interface SignInOrigin extends ClientInfo {
  deviceToken: string | undefined;
}

interface AttemptContext {
  client: ClientInfo;
  attempt: SignInAttempt;
  signal: AbortSignal;
}

/** Signs users in. */
@Injectable()
export class Login {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly users: UsersService,
    private readonly passwords: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly audit: AuditLog,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    startAtZero(metrics.signIns, 'result', [
      'success',
      'invalid_credentials',
      'account_disabled',
      'email_unverified',
      'rate_limited',
      'error',
    ]);
  }

  /** As `signIn`, and counts what came of it. */
  async withPassword(body: LoginBody, client: SignInOrigin, signal: AbortSignal): Promise<SignedIn> {
    try {
      const signedIn = await this.signIn(body, client, signal);
      this.metrics.signIns.inc({ result: 'success' });
      return signedIn;
    } catch (error) {
      this.metrics.signIns.inc({ result: error instanceof ApiError ? error.code : 'error' });
      throw error;
    }
  }

  /** Throws `invalid_credentials`, `rate_limited`, or for who knows the password `account_disabled` or `email_unverified`. */
  private signIn(body: LoginBody, client: SignInOrigin, signal: AbortSignal): Promise<SignedIn> {
    const { ip, deviceToken } = client;
    return this.attempts.run({ email: body.email, ip, deviceToken }, (attempt) =>
      this.attempt(body, { client, attempt, signal }),
    );
  }

  private async attempt(body: LoginBody, context: AttemptContext): Promise<SignedIn> {
    const verified = await this.verify(body, context);
    const signedIn =
      (await this.sessions.start(verified, body.client_id, context.client)) ??
      (await this.again(verified, body, context));
    // Disabled, deleted or given another password while the hash was computed: what was verified no longer holds.
    if (!signedIn) return this.refuse('invalid_credentials', context, verified.userId);

    await this.sessions.endSurplus(signedIn.session.userId);
    return signedIn;
  }

  /** A sign-in at the same time may have renewed the hash: then, and only then, the epoch is still the same. */
  private async again(
    { epoch }: VerifiedCredentials,
    body: LoginBody,
    context: AttemptContext,
  ): Promise<SignedIn | undefined> {
    const verified = await this.verify(body, context);
    return verified.epoch === epoch ? this.sessions.start(verified, body.client_id, context.client) : undefined;
  }

  /** The same work for an unknown e-mail as for a wrong password (OWASP ASVS 6.3.8). */
  private async verify(body: LoginBody, context: AttemptContext): Promise<VerifiedCredentials> {
    const caller = { address: context.client.ip, signal: context.signal };
    const user = await this.users.findCredentialsByEmail(body.email);
    const check = user
      ? await this.passwords.verify(user.passwordHash, body.password, caller)
      : await this.passwords.verifyUnknown(body.password, caller);
    if (!user || !check.matches) return this.refuse('invalid_credentials', context, user?.id);
    if (user.disabled) return this.refuse('account_disabled', context, user.id);
    if (this.config.requireVerifiedEmail && !user.emailVerified) {
      return this.refuse('email_unverified', context, user.id);
    }

    const newPasswordHash = check.rehash ? await this.rehash(body.password, caller) : undefined;
    const { id: userId, epoch, passwordHash } = user;
    return { userId, epoch, passwordHash, newPasswordHash };
  }

  /** With today's parameters; undefined when the queue is full, since a right password must not fail for that. */
  private async rehash(password: string, caller: HashCaller): Promise<string | undefined> {
    try {
      return await this.passwords.hash(password, caller);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'overloaded') return undefined;
      throw error;
    }
  }

  private async refuse(
    code: 'invalid_credentials' | 'account_disabled' | 'email_unverified',
    { client, attempt }: AttemptContext,
    userId?: string,
  ): Promise<never> {
    const waitSeconds = code === 'invalid_credentials' ? await attempt.failed() : 0;
    const details = { code, ...(waitSeconds > 0 && { wait_seconds: waitSeconds }) };
    this.audit.record({ event: 'user.sign_in_failed', subjectUserId: userId, ip: client.ip, details });
    throw new ApiError(code);
  }
}
