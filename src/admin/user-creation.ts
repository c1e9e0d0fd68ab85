import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { NewPasswordHash } from '../passwords/new-password-hash.js';
import { noPassword } from '../passwords/stored-password.js';
import type { AdminUserRow } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { Actor } from './actor.js';
import { actedBy, detailsOf } from './actor.js';
import { assertKnownRole } from './known-role.js';
import type { CreateUser } from './users.schema.js';

/** Admins create users: with a password, or with an invitation to choose one (OWASP ASVS 6.4.6). */
@Injectable()
export class UserCreation {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly newHash: NewPasswordHash,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Throws `validation_failed`, `password_too_weak`, `mail_not_configured` (without a password), or `email_taken`, also if a
   * concurrent request takes the address.
   */
  async createUser(
    { password, ...user }: CreateUser & { emailVerified?: boolean },
    actor: Actor,
    { locale, signal }: { locale: Locale; signal?: AbortSignal },
  ): Promise<AdminUserRow> {
    assertKnownRole(user.role, this.config);
    if (password === undefined) this.outbox.assertCanSend();
    const caller = { address: actor.ip ?? 'operator', signal };
    const passwordHash = password === undefined ? noPassword : await this.newHash.of(password, user, caller);
    return this.db.$transaction(async (tx) => {
      const created = await this.users.createUnlessTaken({ ...user, passwordHash }, tx);
      if (!created) throw new ApiError('email_taken');
      const { id: subjectUserId, email: recipient, role } = created;
      if (password === undefined) {
        await this.outbox.enqueueEmail({ template: 'invitation', recipient, userId: subjectUserId, locale }, tx);
      }
      await this.audit.record(
        { event: 'user.created', ...actedBy(actor), subjectUserId, details: detailsOf(actor, { role }) },
        tx,
      );
      return created;
    });
  }
}
