import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Prisma } from '../database/generated/client.js';
import { Identities } from './identities.service.js';

/** Removes the ways in of the person who made an account with an unproven address, once the reader of the mailbox takes it over. */
@Injectable()
export class UnprovenIdentities {
  constructor(
    private readonly identities: Identities,
    private readonly audit: AuditLog,
  ) {}

  /** Part of the transaction in which the account is taken over. `by` says how, for the audit trail. */
  async removeAll(
    userId: string,
    { ip, by }: { ip: string; by: 'password_reset' | 'email' },
    db: Prisma.TransactionClient,
  ): Promise<void> {
    for (const provider of await this.identities.unlinkAll(userId, db)) {
      const details = { provider, by };
      await this.audit.record({ event: 'identity.unlinked', subjectUserId: userId, ip, details }, db);
    }
  }
}
