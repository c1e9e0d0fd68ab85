import { Injectable } from '@nestjs/common';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { PrismaService } from '../database/prisma.service.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import { SessionAssurance } from '../sessions/session-assurance.js';
import type { SessionWithUser } from '../sessions/session-rows.js';
import { UsersService } from '../users/users.service.js';
import type { StepUpBody } from './step-up.schema.js';
import { StepUpProofs } from './step-up-proofs.js';

/** A signed-in user's request to confirm the sign-in. */
export interface StepUpRequest {
  user: UserPrincipal;
  client: ClientInfo;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/**
 * Confirms a sign-in, so that the session has a fresh `auth_time` and, with a second factor, `aal2` (RFC 9470). Wrong
 * responses are limited as at a sign-in.
 */
@Injectable()
export class StepUp {
  constructor(
    private readonly proofs: StepUpProofs,
    private readonly attempts: SignInAttempts,
    private readonly users: UsersService,
    private readonly assurance: SessionAssurance,
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns the session as it is now. Throws `password_incorrect`, `factor_invalid`, `challenge_expired`, `rate_limited`,
   * `token_revoked`, or `second_factor_required` if a password is not enough for the account.
   */
  run(body: StepUpBody, request: StepUpRequest): Promise<SessionWithUser> {
    const { userId, sessionId } = request.user;
    return this.attempts.run({ sessionId }, async ({ failed }) => {
      const user = await this.users.findCredentialsById(userId);
      if (!user) throw new ApiError('token_revoked', 'the user was deleted');
      const { methods, spend } = await this.proofs.check(body, user, request, failed);
      return this.db.$transaction(async (tx) => {
        await this.users.lock(userId, tx);
        await spend(tx);
        const session = await this.assurance.raise(request.user, methods, this.clock.now(), tx);
        if (!session) throw new ApiError('token_revoked', 'the session has ended');
        await this.proofs.record(request, methods, tx);
        return session;
      });
    });
  }
}
