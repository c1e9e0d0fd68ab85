import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Revoker } from '../sessions/revoker.js';
import { UserRemoval } from '../sessions/user-removal.js';
import { assertAnotherAdmin, lockAdmins } from '../users/admins.js';
import type { AdminUserRow } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { Actor } from './actor.js';
import { actedBy, detailsOf } from './actor.js';
import { assertKnownRole } from './known-role.js';
import { effectsOf } from './user-change.js';
import type { UpdateUser } from './users.schema.js';

/** Admins change, delete and sign out users. Every change is audited, and an enabled admin always remains. */
@Injectable()
export class UserAdministration {
  constructor(
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly removal: UserRemoval,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async findUser(userId: string): Promise<AdminUserRow> {
    return (await this.users.findForAdmin({ id: userId })) ?? throwNotFound();
  }

  /**
   * A new role refuses the access tokens with the old one; the next refresh issues one with the new role. Disabling ends
   * every session for good. Throws `validation_failed`, `not_found` or `last_admin`.
   */
  async updateUser(userId: string, changes: UpdateUser, actor: Actor): Promise<AdminUserRow> {
    if (changes.role !== undefined) assertKnownRole(changes.role, this.config);
    return this.revoker.inTransaction(async (revoking) => {
      const { db } = revoking;
      await lockAdmins(db);
      const before = (await this.users.findForAdmin({ id: userId }, db)) ?? throwNotFound();
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

  /** Deletes the user and everything that belongs to the user. Throws `not_found` or `last_admin`. */
  async deleteUser(userId: string, actor: Actor): Promise<void> {
    const by = { ...actedBy(actor), details: detailsOf(actor) };
    if (!(await this.removal.remove({ userId }, by))) throwNotFound();
  }

  /** Ends every session of the user and refuses every access token issued so far. Throws `not_found`. */
  async signOutUser(userId: string, actor: Actor): Promise<void> {
    await this.revoker.inTransaction(async ({ db, refuseTokensBelow, endSessionsOf }) => {
      const { epoch } = (await this.users.raiseEpoch({ id: userId }, db)) ?? throwNotFound();
      await refuseTokensBelow(userId, epoch);
      await endSessionsOf(userId, 'admin');
      await this.audit.record(
        { event: 'user.signed_out_everywhere', ...actedBy(actor), subjectUserId: userId, details: detailsOf(actor) },
        db,
      );
    });
  }

  /** Ends one session, at once. Throws `not_found` if it is not a live session of the user. */
  async endSession(userId: string, sessionId: string, actor: Actor): Promise<void> {
    if (!(await this.revoker.endSession(userId, sessionId, 'admin', actedBy(actor)))) throwNotFound();
  }
}

function throwNotFound(): never {
  throw new ApiError('not_found', 'no such user');
}
