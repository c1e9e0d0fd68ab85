import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Locale } from '../common/locale.js';
import type { Prisma } from '../database/generated/client.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import type { LockedUser } from '../users/users.service.js';

/** An account at another provider that its user has connected or disconnected. */
export interface ChangedIdentity {
  event: 'identity.linked' | 'identity.unlinked';
  provider: string;
  ip: string;
  locale: Locale;
}

/** Audits a change of how a user can sign in with others, and notifies the user by email. */
@Injectable()
export class IdentityNotice {
  constructor(
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /** Part of the transaction that changes the identities. */
  async recordAndNotify(
    user: LockedUser,
    { event, provider, ip, locale }: ChangedIdentity,
    db: Prisma.TransactionClient,
  ): Promise<void> {
    const template = event === 'identity.linked' ? 'identity_linked' : 'identity_unlinked';
    await this.outbox.enqueueNotice(template, user, locale, db);
    const { id } = user;
    await this.audit.record({ event, actorUserId: id, subjectUserId: id, ip, details: { provider } }, db);
  }
}
