import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { AdminUserRow } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { Actor } from './actor.js';
import { actedBy, detailsOf } from './actor.js';
import { assertKnownRole } from './known-role.js';
import type { CreateUser } from './users.schema.js';

/** Admins create users. */
@Injectable()
export class UserCreation {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Throws `validation_failed`, `password_too_weak`, or `email_taken`, also if a concurrent request takes the address. */
  async createUser(
    { password, ...user }: CreateUser & { emailVerified?: boolean },
    actor: Actor,
    signal?: AbortSignal,
  ): Promise<AdminUserRow> {
    assertKnownRole(user.role, this.config);
    await this.newPasswords.check(password, user);
    const passwordHash = await this.passwords.hash(password, { address: actor.ip ?? 'operator', signal });
    return this.db.$transaction(async (tx) => {
      const created = await this.users.createUnlessTaken({ ...user, passwordHash }, tx);
      if (!created) throw new ApiError('email_taken');
      const { id: subjectUserId, role } = created;
      await this.audit.record(
        { event: 'user.created', ...actedBy(actor), subjectUserId, details: detailsOf(actor, { role }) },
        tx,
      );
      return created;
    });
  }
}
