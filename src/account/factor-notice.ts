import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Locale } from '../common/locale.js';
import type { Prisma } from '../database/generated/client.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import type { LockedUser } from '../users/users.service.js';

/** A factor that was added to an account or removed from it. */
export interface ChangedFactor {
  event: 'factor.added' | 'factor.removed';
  type: 'totp' | 'passkey';
  factorId: string;
  ip: string;
  locale: Locale;
}

/** Audits a change of second factors, and notifies the user by email. */
@Injectable()
export class FactorNotice {
  constructor(
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /** Part of the transaction that changes the factors. */
  async recordAndNotify(
    user: LockedUser,
    { event, type, factorId, ip, locale }: ChangedFactor,
    db: Prisma.TransactionClient,
  ): Promise<void> {
    const template = event === 'factor.added' ? 'factor_added' : 'factor_removed';
    await this.outbox.enqueueNotice(template, user, locale, db);
    const { id } = user;
    const details = { type, factor_id: factorId };
    await this.audit.record({ event, actorUserId: id, subjectUserId: id, ip, details }, db);
  }
}
