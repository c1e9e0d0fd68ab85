import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import { Metrics, startAtZero } from '../metrics/metrics.js';

const refusals = [
  'invalid_credentials',
  'account_disabled',
  'email_unverified',
  'factor_invalid',
  'passkey_invalid',
  'code_invalid',
  'one_time_token_invalid',
] as const;

const ways = ['password', 'passkey', 'email', 'provider', 'second_factor'] as const;

/** What a sign-in presents. */
export type SignInWay = (typeof ways)[number];

/** Why a sign-in was refused. */
export type Refusal = (typeof refusals)[number];

/** Counts and audits how sign-ins end. */
@Injectable()
export class SignInResults {
  constructor(
    private readonly audit: AuditLog,
    private readonly metrics: Metrics,
  ) {
    const others = ['success', 'second_factor_required', 'challenge_expired', 'rate_limited', 'error'];
    startAtZero(metrics.signIns, 'result', [...others, ...refusals]);
    for (const way of ways) {
      for (const result of ['success', 'second_factor_required', 'rate_limited', 'error']) {
        metrics.signInsByWay.inc({ way, result }, 0);
      }
    }
  }

  /** Runs a whole sign-in, and counts its result. */
  async count<Signed>(way: SignInWay, signIn: () => Promise<Signed>): Promise<Signed> {
    try {
      const signedIn = await signIn();
      this.add(way, 'success');
      return signedIn;
    } catch (error) {
      this.add(way, error instanceof ApiError ? error.code : 'error');
      throw error;
    }
  }

  private add(way: SignInWay, result: string): void {
    this.metrics.signIns.inc({ result });
    this.metrics.signInsByWay.inc({ way, result });
  }

  /** Audits a failed sign-in and throws `code`. */
  refuse(code: Refusal, { ip }: ClientInfo, userId?: string, details?: Record<string, string | number>): never {
    this.audit.record({ event: 'user.sign_in_failed', subjectUserId: userId, ip, details: { code, ...details } });
    throw new ApiError(code);
  }
}
