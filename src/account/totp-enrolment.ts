import { Injectable } from '@nestjs/common';
import { renderSVG } from 'uqr';
import { ApiError } from '../common/errors.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import { secretText, totpUri } from '../factors/totp.js';
import { TotpSecrets } from '../factors/totp-secrets.js';
import { WebAuthn } from '../factors/web-authn.js';
import type { SessionWithUser } from '../sessions/session-rows.js';
import type { FactorRequest } from './factor-changes.js';
import { FactorChanges } from './factor-changes.js';
import type { TotpSetup } from './factors.schema.js';

/** A factor that now counts. */
export interface EnrolledFactor {
  id: string;
  /** Shown once. Empty if the user has codes already. */
  recoveryCodes: string[];
  session: SessionWithUser;
}

/** A signed-in user adds an authenticator app. */
@Injectable()
export class TotpEnrolment {
  constructor(
    private readonly totp: TotpSecrets,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly webAuthn: WebAuthn,
    private readonly changes: FactorChanges,
  ) {}

  /** Draws a secret. It counts once `confirm` has seen a code of it; until then it replaces only one that waits as well. */
  async begin(userId: string, email: string): Promise<TotpSetup> {
    const { id, secret } = await this.totp.create(userId);
    const uri = totpUri(secret, { issuer: this.webAuthn.relyingParty.name, label: email });
    return { id, secret: secretText(secret), uri, qr_svg: renderSVG(uri) };
  }

  /**
   * Makes the secret count, instead of an earlier app. Its code is used up by that. Throws `factor_invalid`, or
   * `challenge_expired` if no secret waits.
   */
  async confirm(code: string, request: FactorRequest): Promise<EnrolledFactor> {
    const { userId } = request.user;
    const right = await this.totp.checkFirstCode(userId, code);
    if (right === null) throw new ApiError('challenge_expired', 'no secret waits for a code');
    if (!right) throw new ApiError('factor_invalid');
    const { result: recoveryCodes, session } = await this.changes.add(request, async (db) => {
      if (!(await this.totp.confirm(userId, right, db))) throw new ApiError('challenge_expired', 'confirmed meanwhile');
      const factor = { id: right.id, type: 'totp', methods: ['otp', 'mfa'] } as const;
      return { factor, result: await this.recoveryCodes.createUnlessAny(userId, db) };
    });
    return { id: right.id, recoveryCodes, session };
  }
}
