import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../audit/audit-event.js';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Prisma } from '../database/generated/client.js';
import { isEnabledAdmin, lockAdmins, requireAnotherAdmin } from '../users/admins.js';
import { Revoker } from './revoker.js';

/** Deletes users, whoever asks for it. */
@Injectable()
export class UserRemoval {
  constructor(
    private readonly revoker: Revoker,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Deletes the user with all that is theirs, and refuses their access tokens: one transaction, and `within` is part of it.
   * Throws `not_found` or `last_admin`.
   */
  async remove(
    userId: string,
    by: Pick<AuditEvent, 'actorUserId' | 'actorClientId' | 'ip' | 'details'>,
    within: (db: Prisma.TransactionClient) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    await this.revoker.inTransaction(async ({ db, refuseTokensBelow }) => {
      await lockAdmins(db);
      // Locks the row too: no sign-in or refresh can bring a token of this epoch any more.
      const [user] = await db.user.updateManyAndReturn({
        where: { id: userId },
        data: { epoch: { increment: 1 } },
        select: { epoch: true, email: true, role: true, disabled: true },
      });
      if (!user) throw new ApiError('not_found', 'no such user');
      if (isEnabledAdmin(user)) await requireAnotherAdmin(db, userId);
      await refuseTokensBelow(userId, user.epoch);
      await db.outboxMail.deleteMany({ where: { OR: [{ recipient: user.email }, { userId }] } });
      await db.user.delete({ where: { id: userId }, select: { id: true } });
      await within(db);
      await this.audit.record({ event: 'user.deleted', ...by, subjectUserId: userId }, db);
    });
  }
}
