import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Locale } from '../common/locale.js';
import type { Prisma } from '../database/generated/client.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { Metrics } from '../metrics/metrics.js';
import type { LockedUser } from '../users/users.service.js';

/** A factor that was added to an account or removed from it. */
export interface ChangedFactor {
  event: 'factor.added' | 'factor.removed';
  type: 'totp' | 'passkey';
  factorId: string;
  ip: string;
  locale: Locale;
}

/** Audits and counts a change of second factors, and notifies the user by email. */
@Injectable()
export class FactorNotice {
  constructor(
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
    private readonly metrics: Metrics,
  ) {
    for (const change of ['added', 'removed']) {
      for (const factor of ['totp', 'passkey']) metrics.factorChanges.inc({ change, factor }, 0);
    }
  }

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
    this.metrics.factorChanges.inc({ change: event === 'factor.added' ? 'added' : 'removed', factor: type });
  }

  /** As `recordAndNotify`, for new recovery codes. Each signs in like a factor, so a thief must not get them in silence. */
  async recordNewRecoveryCodes(
    user: LockedUser,
    { ip, locale }: Pick<ChangedFactor, 'ip' | 'locale'>,
    db: Prisma.TransactionClient,
  ): Promise<void> {
    const { id } = user;
    await this.outbox.enqueueNotice('recovery_codes_replaced', user, locale, db);
    await this.audit.record({ event: 'factor.recovery_codes_replaced', actorUserId: id, subjectUserId: id, ip }, db);
  }
}
