import { Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { ChallengeDelivery } from '../factors/challenge-token.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import type { AuthenticationMethod } from '../tokens/authentication.js';
import { UsersService } from '../users/users.service.js';
import type { FactorResponse } from './factor-proofs.js';
import { FactorProofs, kindOf } from './factor-proofs.js';
import { LimitedSignIn, WrongGuess } from './limited-sign-in.js';
import { SecondFactorChallenge } from './second-factor-challenge.js';
import type { SpendProof } from './session-opening.js';
import { SignIn } from './sign-in.js';

/** The session that a challenge has led to, and where its tokens go. */
export interface FactorSignedIn {
  started: StartedSession;
  delivery: ChallengeDelivery;
}

/** Completes a sign-in with the second factor. */
@Injectable()
export class FactorSignIn {
  constructor(
    private readonly challenges: SecondFactorChallenge,
    private readonly users: UsersService,
    private readonly proofs: FactorProofs,
    private readonly limited: LimitedSignIn,
    private readonly signIn: SignIn,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws `challenge_expired` if the challenge is unknown, used, expired or out of responses, or if the user has changed
   * since the first factor; `factor_invalid` if the response is wrong or was used before; or `rate_limited`.
   */
  respond(token: string, response: FactorResponse, client: ClientInfo): Promise<FactorSignedIn> {
    return this.limited.count('second_factor', async () => {
      const challenge = await this.challenges.find(token);
      const { userId, knownDevice, delivery } = challenge;
      const source = { userId, factor: kindOf(response), knownDevice };
      const started = await this.limited.run(source, client, () => this.complete(token, challenge, response, client));
      return { started, delivery };
    });
  }

  private async complete(
    token: string,
    challenge: Awaited<ReturnType<SecondFactorChallenge['find']>>,
    response: FactorResponse,
    client: ClientInfo,
  ): Promise<StartedSession> {
    // Before the judgement, so that no number of requests at once gets a sixth one judged.
    await this.challenges.countResponse(token);
    const user = await this.users.findCredentialsById(challenge.userId);
    if (!user) throw new ApiError('challenge_expired', 'the user was deleted');
    const guess = { userId: user.id, factor: kindOf(response) };
    const proven = await this.proofs.check(user, response, token, client);
    if (!proven) throw new WrongGuess('factor_invalid', guess);
    const spend: SpendProof = async (db) => {
      await this.users.lock(user.id, db);
      // RFC 6238 section 5.2: a code is accepted once. So is every other proof.
      if (!(await proven.spend(db))) throw new WrongGuess('factor_invalid', guess);
      await this.challenges.take(token, db);
    };
    const proof = {
      userId: user.id,
      epoch: user.epoch,
      methods: [...(challenge.methods as AuthenticationMethod[]), ...proven.methods],
      authenticatedAt: this.clock.now(),
      expectedPasswordHash: user.passwordHash,
    };
    const signs = { knownDevice: challenge.knownDevice, earlierFailures: () => Promise.resolve(0) };
    const { clientId, delivery, identity } = challenge;
    const start = { clientId, scope: challenge.scope ?? undefined, delivery, client, identity };
    const signedIn = await this.signIn.complete(proof, { ...user, signs }, start, spend);
    if (!signedIn) throw new ApiError('challenge_expired', 'the user changed meanwhile');
    return signedIn;
  }
}
