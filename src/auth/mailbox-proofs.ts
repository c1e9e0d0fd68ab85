import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Prisma } from '../database/generated/client.js';
import type { OneTimeToken } from '../emails/one-time-tokens.js';
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import { UnprovenPasskeys } from '../factors/unproven-passkeys.js';
import { UnprovenIdentities } from '../identities/unproven-identities.js';
import { noPassword } from '../passwords/stored-password.js';
import type { RevokingTransaction } from '../sessions/revoker.js';
import { Revoker } from '../sessions/revoker.js';
import { UsersService } from '../users/users.service.js';

/**
 * Uses up what an email for signing in holds, which proves that its reader owns the mailbox.
 *
 * If the address was not confirmed before, somebody else may have registered it: who set the password need not be who reads the
 * mailbox. So the password, the sessions, the accounts at other providers and the passkeys of before are void. An
 * authenticator app stays, so an email never lowers what a sign-in needs.
 */
@Injectable()
export class MailboxProofs {
  constructor(
    private readonly revoker: Revoker,
    private readonly tokens: OneTimeTokens,
    private readonly users: UsersService,
    private readonly audit: AuditLog,
    private readonly identities: UnprovenIdentities,
    private readonly passkeys: UnprovenPasskeys,
  ) {}

  /** Returns the id of the user, or undefined if the token is unknown, used or expired, or if the user has changed. */
  takeLink(token: string, client: ClientInfo): Promise<string | undefined> {
    return this.take(client, (db) => this.tokens.take(db, token, 'sign_in'));
  }

  /** As `takeLink`, for the token whose code was right. */
  takeCode(tokenHash: Uint8Array, client: ClientInfo): Promise<string | undefined> {
    return this.take(client, (db) => this.tokens.takeByHash(db, tokenHash, 'sign_in'));
  }

  /** Of several calls with one email, on any instance, one gets the user. */
  private take(
    client: ClientInfo,
    take: (db: Prisma.TransactionClient) => Promise<OneTimeToken | undefined>,
  ): Promise<string | undefined> {
    return this.revoker.inTransaction(async (revoking) => {
      const taken = await take(revoking.db);
      if (taken && !taken.emailVerified) await this.claim(taken.userId, client, revoking);
      return taken?.userId;
    });
  }

  private async claim(
    userId: string,
    { ip }: ClientInfo,
    { db, refuseTokensBelow, endSessionsOf }: RevokingTransaction,
  ): Promise<void> {
    await refuseTokensBelow(userId, await this.users.resetPassword(userId, noPassword, db));
    await endSessionsOf(userId, 'password_reset');
    await this.identities.removeAll(userId, { ip, by: 'email' }, db);
    await this.passkeys.removeAll(userId, { ip, by: 'email' }, db);
    await this.audit.record({ event: 'user.email_verified', actorUserId: userId, subjectUserId: userId, ip }, db);
  }
}
