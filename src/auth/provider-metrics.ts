import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import { Providers } from '../identities/providers.js';
import { Metrics } from '../metrics/metrics.js';
import { SignInResults } from './sign-in-results.js';

/** Counts how sign-ins with other providers end. */
@Injectable()
export class ProviderMetrics {
  constructor(
    private readonly metrics: Metrics,
    private readonly results: SignInResults,
    providers: Providers,
  ) {
    // A series that appears with its first event has no increase for an alert to see.
    for (const { id: provider } of providers.list()) {
      for (const result of ['success', 'provider_unavailable', 'provider_invalid']) {
        metrics.providerSignIns.inc({ provider, result }, 0);
      }
    }
  }

  /**
   * Runs a step of a sign-in. Every failure is counted, and success only where `ends` says that it is the last step, which
   * also counts among all sign-ins.
   */
  async count<Result>(provider: string, ends: boolean, step: () => Promise<Result>): Promise<Result> {
    try {
      const result = await (ends ? this.results.count('provider', step) : step());
      if (ends) this.metrics.providerSignIns.inc({ provider, result: 'success' });
      return result;
    } catch (error) {
      const result = error instanceof ApiError ? error.code : 'error';
      this.metrics.providerSignIns.inc({ provider, result });
      throw error;
    }
  }
}
