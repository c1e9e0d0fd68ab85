import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { isUniqueViolation } from '../database/unavailable.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import type { OneTimeToken } from '../emails/one-time-tokens.js';
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import type { RevokingTransaction } from '../sessions/revoker.js';
import { Revoker } from '../sessions/revoker.js';
import { UsersService } from '../users/users.service.js';
import type { VerifyEmailBody } from './email.schema.js';
import { PasswordConfirmation } from './password-confirmation.js';

/** Somebody who has opened the link of an email. */
export interface Confirmer {
  /** The user whose session the request belongs to, if there is one. */
  signedInUserId: string | undefined;
  ip: string;
  locale: Locale;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/** The links that confirm an address. */
const purposes = ['verify_email', 'change_email'] as const;

/**
 * Confirms addresses with the one-time token of an email that was sent there: a first address, or a new one.
 *
 * The reader of a mailbox may be another person than the one who registered, or who asked for the new address. A confirmation
 * would then vouch for an account to which somebody else has the password. So a page that a link leads to demands that the
 * reader also proves that the account is theirs, with a session or with its password (`require_owner`).
 */
@Injectable()
export class EmailConfirmation {
  constructor(
    private readonly revoker: Revoker,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
    private readonly passwords: PasswordConfirmation,
  ) {}

  /**
   * Returns the confirmed address, or undefined if this token has confirmed it before: people open links twice. Throws
   * `one_time_token_invalid`, `password_required`, what PasswordConfirmation does, or `email_taken` if somebody has registered
   * the new address meanwhile. The link still works after all of them but the first.
   */
  async confirmAddress(body: VerifyEmailBody, confirmer: Confirmer): Promise<string | undefined> {
    const { token } = body;
    const { ip } = confirmer;
    const unused = await this.tokens.find(token, ...purposes);
    if (unused) await this.assertOwner(unused, body, confirmer);
    try {
      return await this.revoker.inTransaction(async (revoking) => {
        const { db: tx } = revoking;
        const found = await this.tokens.lockKept(tx, token, ...purposes);
        if (!found) throw new ApiError('one_time_token_invalid');
        if (found.used) return undefined;
        // The token voids itself when the password changes, so the password is still the one that was checked.
        if (!unused) throw new ApiError('one_time_token_invalid', 'not valid a moment ago');
        const { userId: subjectUserId, purpose } = found;
        if (purpose === 'change_email') {
          await this.replaceAddress(found, confirmer, revoking);
          await this.audit.record({ event: 'user.email_changed', subjectUserId, ip }, tx);
        } else if (await this.users.confirmEmail(subjectUserId, tx)) {
          await this.audit.record({ event: 'user.email_verified', subjectUserId, ip }, tx);
        }
        return (await this.tokens.markUsed(tx, token)) ? found.sentTo : undefined;
      });
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw new ApiError('email_taken', 'registered meanwhile');
      throw error;
    }
  }

  private async assertOwner(
    { userId }: OneTimeToken,
    { password, require_owner: mustProve = false }: VerifyEmailBody,
    { signedInUserId, ip, signal }: Confirmer,
  ): Promise<void> {
    if (signedInUserId === userId) return;
    if (password === undefined) {
      if (mustProve || signedInUserId !== undefined) throw new ApiError('password_required');
      return;
    }
    await this.passwords.assertReaderKnows(password, { userId, ip, signal });
  }

  /** Ends every session but the one that asked for the new address, and notifies both addresses. */
  private async replaceAddress(
    { userId, sentTo, email, emailVerified, sessionId }: OneTimeToken,
    { locale }: Confirmer,
    { db, endSessionsOf }: RevokingTransaction,
  ): Promise<void> {
    await this.users.replaceEmail(userId, sentTo, db);
    await endSessionsOf(userId, 'email_changed', sessionId ?? undefined);
    await this.outbox.enqueueNotice('email_changed', { id: userId, email, emailVerified }, locale, db);
    await this.outbox.enqueueNotice('new_email_in_use', { id: userId, email: sentTo, emailVerified: true }, locale, db);
  }
}
