import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../audit/audit-event.js';
import { AuditLog } from '../audit/audit-log.js';
import type { Prisma } from '../database/generated/client.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { assertAnotherAdmin, isEnabledAdmin, lockAdmins } from '../users/admins.js';
import { UsersService } from '../users/users.service.js';
import { Revoker } from './revoker.js';
import { SessionLimits } from './session-limits.js';

/** For users with very much data. */
const maxRemovalMs = 60_000;

/** Deletes users, for themselves and for admins. */
@Injectable()
export class UserRemoval {
  constructor(
    private readonly revoker: Revoker,
    private readonly limits: SessionLimits,
    private readonly users: UsersService,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Deletes the user with everything that belongs to them, and refuses their access tokens, in one transaction that includes
   * `within`. Returns false if there is no such user, or not with this password. Throws `last_admin`.
   */
  async remove(
    { userId, passwordHash }: { userId: string; passwordHash?: string },
    by: Pick<AuditEvent, 'actorUserId' | 'actorClientId' | 'ip' | 'details'>,
    within: (db: Prisma.TransactionClient) => Promise<void> = () => Promise.resolve(),
  ): Promise<boolean> {
    // Before the transaction, to keep it short. Ended sessions are of no use, so it does no harm if the deletion then fails.
    await this.limits.deleteEnded(userId);
    return this.revoker.inTransaction(async ({ db, refuseTokensBelow }) => {
      await lockAdmins(db);
      const user = await this.users.raiseEpoch({ id: userId, passwordHash }, db);
      if (!user) return false;
      if (isEnabledAdmin(user)) await assertAnotherAdmin(db, userId);
      await refuseTokensBelow(userId, user.epoch);
      await this.outbox.discardLinkEmails({ userId, email: user.email }, db);
      await this.users.deleteUser(userId, db);
      await within(db);
      await this.audit.record({ event: 'user.deleted', ...by, subjectUserId: userId }, db);
      return true;
    }, maxRemovalMs);
  }
}
