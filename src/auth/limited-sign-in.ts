import { Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { AttemptSource } from '../limits/sign-in-attempts.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import type { Refusal, SignInWay } from './sign-in-results.js';
import { SignInResults } from './sign-in-results.js';

/** Thrown by an attempt that proved nothing. It counts against the limits and is audited. */
export class WrongGuess extends ApiError {
  constructor(
    readonly refusal: Refusal,
    readonly about: { userId?: string; factor?: string } = {},
  ) {
    super(refusal);
  }
}

/** Runs sign-ins without a password under the limits, and counts and audits how they end. */
@Injectable()
export class LimitedSignIn {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly results: SignInResults,
  ) {}

  /** Counts the result of a whole sign-in in the metrics. */
  count<Signed>(way: SignInWay, signIn: () => Promise<Signed>): Promise<Signed> {
    return this.results.count(way, signIn);
  }

  /** Throws `rate_limited`, what `attempt` throws, or the code of a WrongGuess that it throws. */
  run<Signed>(source: AttemptSource, client: ClientInfo, attempt: () => Promise<Signed>): Promise<Signed> {
    return this.attempts.run(source, async ({ failed }) => {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof WrongGuess)) throw error;
        const waitSeconds = await failed();
        const { userId, factor } = error.about;
        const details = { ...(factor && { factor }), ...(waitSeconds > 0 && { wait_seconds: waitSeconds }) };
        return this.results.refuse(error.refusal, client, userId, details);
      }
    });
  }
}
