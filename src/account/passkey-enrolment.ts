import { Injectable, Logger } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Prisma } from '../database/generated/client.js';
import { Challenges } from '../factors/challenges.js';
import type { NewPasskey } from '../factors/passkeys.js';
import { maxPasskeys, Passkeys } from '../factors/passkeys.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import type { PasskeyCreation } from '../factors/web-authn.js';
import { RefusedPasskey, WebAuthn } from '../factors/web-authn.js';
import type { FactorRequest } from './factor-changes.js';
import { FactorChanges } from './factor-changes.js';
import type { EnrolledFactor } from './totp-enrolment.js';

/** A signed-in user adds a passkey. */
@Injectable()
export class PasskeyEnrolment {
  private readonly logger = new Logger('Factors');

  constructor(
    private readonly challenges: Challenges,
    private readonly passkeys: Passkeys,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly webAuthn: WebAuthn,
    private readonly changes: FactorChanges,
  ) {}

  /** Throws `challenge_expired`, `passkey_invalid`, `passkey_exists` or `limit_reached`. */
  async complete(
    challenge: string,
    { response, name }: { response: PasskeyCreation; name: string },
    request: FactorRequest,
  ): Promise<EnrolledFactor> {
    const { userId } = request.user;
    if (!(await this.challenges.hasPasskey(challenge, userId))) throw new ApiError('challenge_expired');
    const passkey = { ...(await this.verify(response, challenge)), userId, name };
    const { result, session } = await this.changes.add(request, async (db) => {
      if (!(await this.challenges.take(challenge, 'enrolment', db))) throw new ApiError('challenge_expired');
      const id = await this.insert(passkey, db);
      const recoveryCodes = await this.recoveryCodes.createUnlessAny(userId, db);
      const methods = [passkey.synced ? 'swk' : 'hwk', 'mfa'] as const;
      return { factor: { id, type: 'passkey', methods }, result: { id, recoveryCodes } };
    });
    return { ...result, session };
  }

  private async insert(passkey: NewPasskey, db: Prisma.TransactionClient): Promise<string> {
    if ((await this.passkeys.countOf(passkey.userId, db)) >= maxPasskeys) throw new ApiError('limit_reached');
    const id = await this.passkeys.insert(passkey, db);
    // WebAuthn section 7.1, step 26: a credential of somebody else must not be taken over.
    if (id === undefined) throw new ApiError('passkey_exists');
    return id;
  }

  private async verify(response: PasskeyCreation, challenge: string): Promise<Omit<NewPasskey, 'userId' | 'name'>> {
    try {
      return await this.webAuthn.verifyCreation(response, challenge);
    } catch (error) {
      if (!(error instanceof RefusedPasskey)) throw error;
      this.logger.log({ msg: 'A new passkey was refused', detail: error.message });
      throw new ApiError('passkey_invalid', error.message);
    }
  }
}
