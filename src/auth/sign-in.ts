import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { Prisma } from '../database/generated/client.js';
import { Metrics, startAtZero } from '../metrics/metrics.js';
import { SessionLimits } from '../sessions/session-limits.js';
import type { SessionStart, SignInProof, StartedSession } from '../sessions/sessions.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import type { SignInSigns } from './sign-in-notices.js';
import { SignInNotices } from './sign-in-notices.js';

/** The account before the sign-in, as of the proof. */
export interface AccountState {
  email: string;
  disabled: boolean;
  emailVerified: boolean;
  lastSignInAt: Date | null;
  /** Undefined for a way in that has none. */
  signs?: SignInSigns;
}

type Refusal = 'invalid_credentials' | 'account_disabled' | 'email_unverified';

/**
 * Ends every sign-in, whatever the proof is. Disabled accounts, unverified addresses, the session limit, the audit trail and
 * the metrics and the notices to the user are decided here and nowhere else, so no way in can skip one of them. A required
 * second factor belongs here too, once there is one.
 */
@Injectable()
export class SignIn {
  constructor(
    private readonly sessions: Sessions,
    private readonly limits: SessionLimits,
    private readonly audit: AuditLog,
    private readonly metrics: Metrics,
    private readonly notices: SignInNotices,
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

  /** Runs a whole sign-in, which ends in `complete` or `refuse` or an error, and counts its result. */
  async count(signIn: () => Promise<StartedSession>): Promise<StartedSession> {
    try {
      const signedIn = await signIn();
      this.metrics.signIns.inc({ result: 'success' });
      return signedIn;
    } catch (error) {
      this.metrics.signIns.inc({ result: error instanceof ApiError ? error.code : 'error' });
      throw error;
    }
  }

  /**
   * Starts the session. Returns undefined if the user has changed since the proof, so the proof no longer holds. Throws
   * `account_disabled` or `email_unverified`. With `db`, a transaction that has just created the user, make this its last
   * statement.
   */
  async complete(
    proof: SignInProof,
    account: AccountState,
    start: SessionStart,
    db?: Prisma.TransactionClient,
  ): Promise<StartedSession | undefined> {
    if (account.disabled) return this.refuse('account_disabled', start.client, proof.userId);
    if (this.config.requireVerifiedEmail && !account.emailVerified) {
      return this.refuse('email_unverified', start.client, proof.userId);
    }
    const signedIn = await this.sessions.start(proof, start, db);
    // A new user has no other session.
    if (!signedIn || db) return signedIn;
    await this.limits.enforce(proof.userId);
    if (account.signs) {
      const { userAgent } = start.client;
      const user = { ...account, id: proof.userId };
      await this.notices.notify(user, { sessionId: signedIn.session.sessionId, userAgent }, account.signs);
    }
    return signedIn;
  }

  /** Audits a failed sign-in and throws `code`. */
  refuse(code: Refusal, { ip }: ClientInfo, userId?: string, details?: Record<string, number>): never {
    this.audit.record({ event: 'user.sign_in_failed', subjectUserId: userId, ip, details: { code, ...details } });
    throw new ApiError(code);
  }
}
