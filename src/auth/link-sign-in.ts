import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { SignInCodes } from '../emails/sign-in-codes.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import { LimitedSignIn, WrongGuess } from './limited-sign-in.js';
import { MailboxProofs } from './mailbox-proofs.js';
import type { ContinuedSignIn } from './second-factor-challenge.js';
import { SignIn } from './sign-in.js';

/** What an email for signing in holds: the token of its link, or its code together with the address. */
export type LinkResponse = { token: string } | { email: string; code: string };

/** Signs users in with an email: by its link or by its code. */
@Injectable()
export class LinkSignIn {
  constructor(
    private readonly codes: SignInCodes,
    private readonly proofs: MailboxProofs,
    private readonly users: UsersService,
    private readonly limited: LimitedSignIn,
    private readonly signIn: SignIn,
    private readonly clock: Clock,
  ) {}

  /**
   * Confirms the address. Throws `one_time_token_invalid`, `code_invalid`, `rate_limited`, `account_disabled` or
   * `second_factor_required`.
   */
  withEmail(response: LinkResponse, start: ContinuedSignIn): Promise<StartedSession> {
    const { client } = start;
    return this.limited.count('email', () => {
      if ('token' in response) {
        return this.limited.run({ unguessableFrom: client.ip }, client, async () =>
          this.complete(await this.proofs.takeLink(response.token, client), start),
        );
      }
      const { email, code } = response;
      return this.limited.run({ codeFor: email, ip: client.ip }, client, async () => {
        const tokenHash = await this.codes.tryCode(email, code);
        const userId = tokenHash && (await this.proofs.takeCode(tokenHash, client));
        if (userId === undefined) throw new WrongGuess('code_invalid');
        return this.complete(userId, start);
      });
    });
  }

  private async complete(userId: string | undefined, start: ContinuedSignIn): Promise<StartedSession> {
    const user = userId === undefined ? null : await this.users.findCredentialsById(userId);
    if (!user) throw new WrongGuess('one_time_token_invalid');
    const proof = {
      userId: user.id,
      epoch: user.epoch,
      methods: ['email'] as const,
      authenticatedAt: this.clock.now(),
    };
    const signedIn = await this.signIn.complete(proof, user, start);
    if (!signedIn) throw new WrongGuess('one_time_token_invalid', { userId: user.id });
    return signedIn;
  }
}
