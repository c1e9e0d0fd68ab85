import { Injectable } from '@nestjs/common';
import { Challenges } from './challenges.js';
import { Passkeys } from './passkeys.js';
import { WebAuthn } from './web-authn.js';

/** A challenge, and the options with which a browser asks an authenticator to respond to it. */
export interface PasskeyChallenge {
  challenge: string;
  options: Record<string, unknown>;
}

/** Opens challenges for passkeys. */
@Injectable()
export class PasskeyChallenges {
  constructor(
    private readonly challenges: Challenges,
    private readonly passkeys: Passkeys,
    private readonly webAuthn: WebAuthn,
  ) {}

  /** For any passkey, of any user. */
  async openForAnybody(): Promise<PasskeyChallenge> {
    const challenge = await this.challenges.openPasskey();
    return { challenge, options: { ...(await this.webAuthn.signInOptions(challenge)) } };
  }

  /** For one of the user's passkeys, to confirm a sign-in. Without options if there is none. */
  async openForStepUp(
    userId: string,
  ): Promise<{ challenge: string; options: PasskeyChallenge['options'] | undefined }> {
    const challenge = await this.challenges.openPasskey();
    return { challenge, options: await this.optionsFor(challenge, userId) };
  }

  /** For a new passkey of a user. */
  async openForEnrolment(user: { id: string; email: string; name: string | null }): Promise<PasskeyChallenge> {
    const challenge = await this.challenges.openPasskey(user.id);
    const existing = await this.passkeys.listOf(user.id);
    return { challenge, options: { ...(await this.webAuthn.creationOptions(challenge, user, existing)) } };
  }

  /** The options for the passkeys of a user in a challenge for a second factor. Returns undefined if there are none. */
  async optionsFor(challenge: string, userId: string): Promise<PasskeyChallenge['options'] | undefined> {
    const passkeys = await this.passkeys.listOf(userId);
    if (passkeys.length === 0) return undefined;
    return { ...(await this.webAuthn.secondFactorOptions(challenge, passkeys)) };
  }
}
