import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { ChallengeDelivery } from '../factors/challenge-token.js';
import { Challenges } from '../factors/challenges.js';
import { PasskeyChallenges } from '../factors/passkey-challenges.js';
import { SecondFactors } from '../factors/second-factors.js';
import type { SessionStart, SignInProof } from '../sessions/sessions.service.js';
import { userStateHash } from '../users/user-state.js';

/** A sign-in that goes on after the second factor, and where its tokens go. */
export interface ContinuedSignIn extends SessionStart {
  delivery: ChallengeDelivery;
}

/** Asks for the second factor of an account whose first one was right. */
@Injectable()
export class SecondFactorChallenge {
  constructor(
    private readonly challenges: Challenges,
    private readonly factors: SecondFactors,
    private readonly passkeyChallenges: PasskeyChallenges,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Throws `second_factor_required` with the challenge, what the account can respond with, and the options for its passkeys.
   * The challenge is void once the address, the password or the epoch of the user changes.
   */
  async ask(
    { userId, epoch, methods }: SignInProof,
    { email, passwordHash, knownDevice }: { email: string; passwordHash: string; knownDevice: boolean },
    { clientId, scope, delivery, client }: ContinuedSignIn,
  ): Promise<never> {
    const challenge = await this.challenges.openSecondFactor({
      userId,
      stateHash: userStateHash({ email, passwordHash, epoch }),
      methods,
      clientId,
      scope,
      delivery,
      knownDevice,
    });
    const factors = await this.factors.kindsOf(userId);
    const options = await this.passkeyChallenges.optionsFor(challenge, userId);
    // A stranger who knows the password gets this far, and the owner can see it.
    this.audit.record({ event: 'user.second_factor_asked', subjectUserId: userId, ip: client.ip });
    throw new ApiError('second_factor_required', 'one factor was right', {
      members: { challenge, factors, ...(options && { passkey_options: options }) },
    });
  }
}
