import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { Prisma } from '../database/generated/client.js';
import type { SessionStart, SignInProof, StartedSession } from '../sessions/sessions.service.js';
import { assuranceLevelOf } from '../tokens/authentication.js';
import type { ContinuedSignIn } from './second-factor-challenge.js';
import { SecondFactorChallenge } from './second-factor-challenge.js';
import type { SpendProof } from './session-opening.js';
import { SessionOpening } from './session-opening.js';
import { SignInFollowUp } from './sign-in-follow-up.js';
import type { SignInSigns } from './sign-in-notices.js';
import { SignInResults } from './sign-in-results.js';

/** The account before the sign-in, as of the proof. */
export interface AccountState {
  email: string;
  passwordHash: string;
  disabled: boolean;
  emailVerified: boolean;
  lastSignInAt: Date | null;
  /** One factor is not enough. */
  secondFactor: boolean;
  /** Undefined for a way in that has none. */
  signs?: SignInSigns;
}

/**
 * Ends every sign-in, whatever the proof is: in a session, or in a challenge for the second factor. Disabled accounts,
 * unverified addresses, the second factor, the session limit and the notice to the user are decided here and nowhere else,
 * and the start of the session is audited, so no way in can skip one of them.
 */
@Injectable()
export class SignIn {
  constructor(
    private readonly opening: SessionOpening,
    private readonly results: SignInResults,
    private readonly secondFactor: SecondFactorChallenge,
    private readonly followUp: SignInFollowUp,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Starts the session, in one transaction with `spend`. Returns undefined if the user has changed since the proof, so the
   * proof no longer holds. Throws `account_disabled`, `email_unverified`, `second_factor_required` or what `spend` throws.
   */
  async complete(
    proof: SignInProof,
    account: AccountState,
    start: ContinuedSignIn,
    spend?: SpendProof,
  ): Promise<StartedSession | undefined> {
    const { userId } = proof;
    this.assertMaySignIn(userId, account, start);
    if (account.secondFactor && assuranceLevelOf(proof.methods) !== 'aal2') {
      const knownDevice = account.signs?.knownDevice ?? false;
      return this.secondFactor.ask(proof, { ...account, knownDevice }, start);
    }
    const signedIn = await this.opening.open(proof, start, spend);
    if (!signedIn) return undefined;
    const { sessionId } = signedIn.session;
    await this.followUp.run({ ...account, id: userId }, { sessionId, ...start.client }, account.signs);
    return signedIn;
  }

  /** For a user whom the transaction `db` has just created, as its last statement: there is no factor and no other session. */
  async completeRegistration(
    proof: SignInProof,
    account: Pick<AccountState, 'disabled' | 'emailVerified'>,
    start: SessionStart,
    db: Prisma.TransactionClient,
  ): Promise<StartedSession | undefined> {
    this.assertMaySignIn(proof.userId, account, start);
    return this.opening.openForNewUser(proof, start, db);
  }

  private assertMaySignIn(
    userId: string,
    account: Pick<AccountState, 'disabled' | 'emailVerified'>,
    { client }: SessionStart,
  ): void {
    if (account.disabled) this.results.refuse('account_disabled', client, userId);
    if (this.config.requireVerifiedEmail && !account.emailVerified) {
      this.results.refuse('email_unverified', client, userId);
    }
  }
}
