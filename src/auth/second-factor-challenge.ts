import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Prisma } from '../database/generated/client.js';
import type { ChallengeDelivery } from '../factors/challenge-token.js';
import type { OpenChallenge } from '../factors/challenges.js';
import { Challenges } from '../factors/challenges.js';
import { PasskeyChallenges } from '../factors/passkey-challenges.js';
import { SecondFactors } from '../factors/second-factors.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import { ProviderSignIns } from '../identities/provider-sign-ins.js';
import type { SessionStart, SignInProof } from '../sessions/sessions.service.js';
import { userStateHash } from '../users/user-state.js';

/** A sign-in that may go on after the second factor, and where its tokens go. */
export interface ContinuedSignIn extends SessionStart {
  delivery: ChallengeDelivery;
  /** What another provider has said of the user. It takes effect when the sign-in is complete. */
  identity?: ProvenIdentity;
}

/** Asks for the second factor of an account whose first one was right. */
@Injectable()
export class SecondFactorChallenge {
  constructor(
    private readonly challenges: Challenges,
    private readonly factors: SecondFactors,
    private readonly passkeyChallenges: PasskeyChallenges,
    private readonly providerSignIns: ProviderSignIns,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Throws `second_factor_required` with the challenge, what the account can respond with, and the options for its passkeys.
   * The challenge is void once the address, the password or the epoch of the user changes.
   */
  async ask(
    { userId, epoch, methods }: SignInProof,
    { email, passwordHash, knownDevice }: { email: string; passwordHash: string; knownDevice: boolean },
    { clientId, scope, delivery, client, identity }: ContinuedSignIn,
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
    if (identity) await this.providerSignIns.keepForChallenge(challenge, identity);
    const factors = await this.factors.kindsOf(userId);
    const options = await this.passkeyChallenges.optionsFor(challenge, userId);
    // A stranger who knows the password gets this far, and the owner can see it.
    this.audit.record({ event: 'user.second_factor_asked', subjectUserId: userId, ip: client.ip });
    throw new ApiError('second_factor_required', 'one factor was right', {
      members: { challenge, factors, ...(options && { passkey_options: options }) },
    });
  }

  /** The sign-in that the challenge belongs to. Throws `challenge_expired`. */
  async find(token: string): Promise<OpenChallenge & { identity?: ProvenIdentity }> {
    const challenge = await this.challenges.findSecondFactor(token);
    if (!challenge) throw new ApiError('challenge_expired');
    if (!challenge.methods.includes('fed')) return challenge;
    const identity = await this.providerSignIns.findForChallenge(token);
    // Such as after its AUTH_SECRET value was removed. Without it, a role of the provider would not take effect.
    if (!identity) throw new ApiError('challenge_expired', 'what the provider said cannot be opened');
    return { ...challenge, identity };
  }

  /** Counts a response, before it is judged. Throws `challenge_expired` if none is left. */
  async countResponse(token: string): Promise<void> {
    if (!(await this.challenges.countResponse(token))) throw new ApiError('challenge_expired');
  }

  /** Uses the challenge up. Throws `challenge_expired` if it was used, or if its user has changed. */
  async take(token: string, db: Prisma.TransactionClient): Promise<void> {
    if (!(await this.challenges.take(token, 'second_factor', db))) throw new ApiError('challenge_expired');
  }
}
