import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import { storedLocale } from '../common/locale.js';
import { PrismaService } from '../database/prisma.service.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { UserRemoval } from '../sessions/user-removal.js';
import type { UserRow } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { UpdateMeBody } from './account.schema.js';
import type { OwnAct } from './password-proof.js';
import { PasswordProof } from './password-proof.js';

/** What users may do with their own account. */
@Injectable()
export class Account {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly proof: PasswordProof,
    private readonly removal: UserRemoval,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  async find(userId: string): Promise<UserRow> {
    return (await this.users.findById(userId)) ?? gone();
  }

  async update(userId: string, changes: UpdateMeBody, ip: string): Promise<UserRow> {
    return this.db.$transaction(async (tx) => {
      const { user, nameBefore } = (await this.users.updateProfile(userId, changes, tx)) ?? gone();
      if (user.name !== nameBefore) {
        await this.audit.record({ event: 'user.renamed', actorUserId: userId, subjectUserId: userId, ip }, tx);
      }
      return user;
    });
  }

  /** Deletes the user with all that is theirs, for who knows the password. Throws what PasswordProof does, or `last_admin`. */
  async delete(password: string, own: OwnAct): Promise<void> {
    const { ip } = own;
    await this.proof.run(password, own, ({ id: userId, email: recipient, passwordHash, locale: chosen }) => {
      // By the time the email is composed the user is gone.
      const locale = storedLocale(chosen) ?? own.locale;
      return this.removal.remove({ userId, passwordHash }, { actorUserId: userId, ip }, (db) =>
        this.outbox.enqueueEmail({ template: 'account_deleted', recipient, userId, locale }, db),
      );
    });
  }
}

function gone(): never {
  throw new ApiError('token_revoked', 'the user is gone');
}
