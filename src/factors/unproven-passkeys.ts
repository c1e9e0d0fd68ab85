import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Prisma } from '../database/generated/client.js';
import { UsersService } from '../users/users.service.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactors } from './second-factors.js';

/**
 * Removes the passkeys of the person who made an account with an unproven address, once the reader of the mailbox takes it over:
 * a passkey signs in by itself. An authenticator app and its recovery codes do not, so they stay, and are still asked for.
 */
@Injectable()
export class UnprovenPasskeys {
  constructor(
    private readonly factors: SecondFactors,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly users: UsersService,
    private readonly audit: AuditLog,
  ) {}

  /** Part of the transaction in which the account is taken over, and has its user locked. `by` is for the audit trail. */
  async removeAll(
    userId: string,
    { ip, by }: { ip: string; by: 'password_reset' | 'email' },
    db: Prisma.TransactionClient,
  ): Promise<void> {
    const removed = await db.$queryRaw<{ id: string }[]>`
      DELETE FROM passkeys WHERE user_id = ${userId}::uuid RETURNING id::text`;
    if (removed.length === 0) return;
    for (const { id } of removed) {
      const details = { type: 'passkey', factor_id: id, by };
      await this.audit.record({ event: 'factor.removed', subjectUserId: userId, ip, details }, db);
    }
    if ((await this.factors.listOf(userId, db)).length > 0) return;
    await this.recoveryCodes.discardOf(userId, db);
    await this.users.setSecondFactor(userId, false, db);
  }
}
