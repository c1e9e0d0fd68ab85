import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Revoker } from '../sessions/revoker.js';
import { UserRemoval } from '../sessions/user-removal.js';
import { assertAnotherAdmin, lockAdmins } from '../users/admins.js';
import type { AdminUserRow } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { Actor } from './actor.js';
import { actedBy, detailsOf } from './actor.js';
import { effectsOf } from './user-change.js';
import type { CreateUser, UpdateUser } from './users.schema.js';

/** What admins do to users: audited, and never so that no enabled admin is left. */
@Injectable()
export class UserAdministration {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly revoker: Revoker,
    private readonly removal: UserRemoval,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async find(userId: string): Promise<AdminUserRow> {
    const user = await this.users.findForAdmin({ id: userId });
    return user ?? notFound();
  }

  /** Throws `validation_failed`, `password_too_weak` or `email_taken`; the last also for the loser of a race. */
  async create(
    { password, ...user }: CreateUser & { emailVerified?: boolean },
    actor: Actor,
    signal?: AbortSignal,
  ): Promise<AdminUserRow> {
    this.requireKnownRole(user.role);
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

  /**
   * A new role refuses the access tokens that carry the old one; the next refresh brings the new. Disabling ends every
   * session for good. Throws `validation_failed`, `not_found` or `last_admin`.
   */
  async update(userId: string, changes: UpdateUser, actor: Actor): Promise<AdminUserRow> {
    if (changes.role !== undefined) this.requireKnownRole(changes.role);
    return this.revoker.inTransaction(async (revoking) => {
      const { db } = revoking;
      await lockAdmins(db);
      const before = (await this.users.findForAdmin({ id: userId }, db)) ?? notFound();
      const { losesAdmin, refusesTokens, endsSessions, events } = effectsOf(before, changes);
      if (losesAdmin) await assertAnotherAdmin(db, userId);
      const { user, epoch } = await this.users.updateForAdmin(userId, { ...changes, raiseEpoch: refusesTokens }, db);
      if (refusesTokens) await revoking.refuseTokensBelow(userId, epoch);
      if (endsSessions) await revoking.endSessionsOf(userId, 'disabled');
      for (const event of events) {
        const details = event === 'user.role_changed' ? { role: user.role } : undefined;
        await this.audit.record(
          { event, ...actedBy(actor), subjectUserId: userId, details: detailsOf(actor, details) },
          db,
        );
      }
      return user;
    });
  }

  /** Deletes the user with all that is theirs, and refuses their access tokens. Throws `not_found` or `last_admin`. */
  async remove(userId: string, actor: Actor): Promise<void> {
    const by = { ...actedBy(actor), details: detailsOf(actor) };
    if (!(await this.removal.remove({ userId }, by))) notFound();
  }

  /** Ends every session of the user and refuses every access token issued so far. Throws `not_found`. */
  async signOut(userId: string, actor: Actor): Promise<void> {
    await this.revoker.inTransaction(async ({ db, refuseTokensBelow, endSessionsOf }) => {
      const user = (await this.users.raiseEpoch({ id: userId }, db)) ?? notFound();
      await refuseTokensBelow(userId, user.epoch);
      await endSessionsOf(userId, 'admin');
      await this.audit.record(
        { event: 'user.signed_out_everywhere', ...actedBy(actor), subjectUserId: userId, details: detailsOf(actor) },
        db,
      );
    });
  }

  private requireKnownRole(role: string): void {
    if (this.config.roles.includes(role)) return;
    const message = `must be one of ${this.config.roles.join(', ')}`;
    throw new ApiError('validation_failed', 'unknown role', { fieldErrors: [{ path: 'role', message }] });
  }
}

function notFound(): never {
  throw new ApiError('not_found', 'no such user');
}
