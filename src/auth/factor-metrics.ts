import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import { Metrics } from '../metrics/metrics.js';
import type { FactorResponse } from './factor-proofs.js';
import { kindOf } from './factor-proofs.js';

const kinds = ['totp', 'passkey', 'recovery_code'] as const;

/** Counts how responses with a second factor end, at sign-ins and at step-ups. */
@Injectable()
export class FactorMetrics {
  constructor(private readonly metrics: Metrics) {
    // A series that appears with its first event has no increase for an alert to see.
    for (const factor of kinds) {
      for (const result of ['success', 'factor_invalid', 'challenge_expired', 'rate_limited']) {
        metrics.secondFactorResponses.inc({ purpose: 'sign_in', factor, result }, 0);
      }
    }
  }

  /** Runs what a response leads to, and counts its result. A password confirms too, and is not a second factor. */
  async count<Result>(
    purpose: 'sign_in' | 'step_up',
    response: FactorResponse | { password: string },
    run: () => Promise<Result>,
  ): Promise<Result> {
    if ('password' in response) return run();
    const factor = kindOf(response);
    try {
      const result = await run();
      this.metrics.secondFactorResponses.inc({ purpose, factor, result: 'success' });
      return result;
    } catch (error) {
      const result = error instanceof ApiError ? error.code : 'error';
      this.metrics.secondFactorResponses.inc({ purpose, factor, result });
      throw error;
    }
  }
}
