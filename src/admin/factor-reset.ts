import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import { locales } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { SecondFactors } from '../factors/second-factors.js';
import { Revoker } from '../sessions/revoker.js';
import { UsersService } from '../users/users.service.js';
import type { Actor } from './actor.js';
import { actedBy, detailsOf } from './actor.js';

/** Removes the second factors of a user who has lost them. */
@Injectable()
export class FactorReset {
  constructor(
    private readonly users: UsersService,
    private readonly factors: SecondFactors,
    private readonly revoker: Revoker,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Also removes the recovery codes, ends every session and voids every link, and notifies the user. Returns how many factors
   * were removed. Throws `not_found`.
   */
  async reset(userId: string, actor: Actor): Promise<number> {
    return this.revoker.inTransaction(async ({ db, refuseTokensBelow, endSessionsOf }) => {
      const raised = await this.users.raiseEpoch({ id: userId }, db);
      const user = await this.users.lock(userId, db);
      if (!raised || !user) throw new ApiError('not_found', 'no such user');
      const count = await this.factors.removeAll(userId, db);
      await this.users.setSecondFactor(userId, false, db);
      await refuseTokensBelow(userId, raised.epoch);
      await endSessionsOf(userId, 'admin');
      await this.outbox.enqueueNotice('factor_removed', user, locales[0], db);
      const event = { event: 'factor.reset', ...actedBy(actor), subjectUserId: userId } as const;
      await this.audit.record({ ...event, details: detailsOf(actor, { count }) }, db);
      return count;
    });
  }
}
