import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { Challenges } from '../factors/challenges.js';
import type { PasskeyResponse, ProvenPasskey } from '../factors/web-authn.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import { FactorProofs, methodsOf } from './factor-proofs.js';
import { LimitedSignIn, WrongGuess } from './limited-sign-in.js';
import type { ContinuedSignIn } from './second-factor-challenge.js';
import { SignIn } from './sign-in.js';

/** Signs users in with a passkey that has verified its user: without an address, and without another factor. */
@Injectable()
export class PasskeySignIn {
  constructor(
    private readonly challenges: Challenges,
    private readonly users: UsersService,
    private readonly proofs: FactorProofs,
    private readonly limited: LimitedSignIn,
    private readonly signIn: SignIn,
    private readonly clock: Clock,
  ) {}

  /** Throws `challenge_expired`, `passkey_invalid`, `rate_limited`, `account_disabled` or `email_unverified`. */
  withPasskey(token: string, response: PasskeyResponse, start: ContinuedSignIn): Promise<StartedSession> {
    const { client } = start;
    return this.limited.count('passkey', () =>
      this.limited.run({ unguessableFrom: client.ip }, client, async () => {
        if (!(await this.challenges.hasPasskey(token))) throw new ApiError('challenge_expired');
        const proven = await this.proofs.checkPasskey(response, token, { userVerification: true });
        // Step 6 of WebAuthn section 7.2: without an address, the response must name the account.
        if (!proven || response.response.userHandle === undefined) throw new WrongGuess('passkey_invalid');
        // One that could be repeated without end would fill the audit trail.
        const source = { rightProofOfUserId: proven.passkey.userId };
        return this.limited.run(source, client, () => this.complete(token, proven, start));
      }),
    );
  }

  private async complete(token: string, proven: ProvenPasskey, start: ContinuedSignIn): Promise<StartedSession> {
    const user = await this.users.findCredentialsById(proven.passkey.userId);
    if (!user) throw new WrongGuess('passkey_invalid');
    const proof = {
      userId: user.id,
      epoch: user.epoch,
      methods: methodsOf(proven),
      authenticatedAt: this.clock.now(),
    };
    const signs = { knownDevice: false, earlierFailures: () => Promise.resolve(0) };
    const signedIn = await this.signIn.complete(proof, { ...user, signs }, start, async (db) => {
      await this.users.lock(user.id, db);
      if (!(await this.challenges.take(token, 'passkey', db))) throw new ApiError('challenge_expired');
      if (!(await this.proofs.usePasskey(proven, start.client, db))) {
        throw new WrongGuess('passkey_invalid', { userId: user.id });
      }
    });
    if (!signedIn) throw new WrongGuess('passkey_invalid', { userId: user.id });
    return signedIn;
  }
}
