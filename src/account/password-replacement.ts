import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { LinkPurpose } from '../emails/email-templates.js';
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import { UnprovenPasskeys } from '../factors/unproven-passkeys.js';
import { UnprovenIdentities } from '../identities/unproven-identities.js';
import { Revoker } from '../sessions/revoker.js';
import { UsersService } from '../users/users.service.js';
import { PasswordChangedNotice } from './password-changed-notice.js';

/** A password that the reader of an email has chosen. */
export interface ChosenPassword {
  token: string;
  passwordHash: string;
  ip: string;
  locale: Locale;
}

/** Gives an account to the reader of its mailbox, in one transaction. */
@Injectable()
export class PasswordReplacement {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly identities: UnprovenIdentities,
    private readonly passkeys: UnprovenPasskeys,
    private readonly notice: PasswordChangedNotice,
  ) {}

  /** Uses the token up, and ends every session. Throws `one_time_token_invalid` if it was used meanwhile. */
  async replace({ token, passwordHash, ip, locale }: ChosenPassword, purposes: readonly LinkPurpose[]): Promise<void> {
    await this.revoker.inTransaction(async ({ db, refuseTokensBelow, endSessionsOf }) => {
      const taken = await this.tokens.take(db, token, ...purposes);
      if (!taken) throw new ApiError('one_time_token_invalid', 'used meanwhile');
      const { userId, email, emailVerified } = taken;
      // Nobody had proven the address, so somebody else may have made the account, and must not keep a way in.
      if (!emailVerified) {
        await this.identities.removeAll(userId, { ip, by: 'password_reset' }, db);
        await this.passkeys.removeAll(userId, { ip, by: 'password_reset' }, db);
      }
      await refuseTokensBelow(userId, await this.users.resetPassword(userId, passwordHash, db));
      await endSessionsOf(userId, 'password_reset');
      const reset = { userId, email, emailVerified: true, ip, locale };
      await this.notice.recordAndNotify({ event: 'user.password_reset', ...reset }, db);
    });
  }
}
