import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { Prisma } from '../database/generated/client.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import type { RevokingTransaction } from '../sessions/revoker.js';
import { hasAnotherAdmin, isEnabledAdmin, lockAdmins } from '../users/admins.js';
import { UsersService } from '../users/users.service.js';

/** Gives users the role that a provider names, if PROVIDER_<ID>_ROLE_CLAIM says which claim holds it. */
@Injectable()
export class ProviderRoles {
  private readonly logger = new Logger('Providers');

  constructor(
    private readonly users: UsersService,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * The role that the user is to get, if it is another one. Then it also locks who is an admin: call this before any statement
   * that locks the row of the user. Returns undefined if there is nothing to do.
   */
  async newRoleOf(
    userId: string,
    { roles }: ProvenIdentity,
    db: Prisma.TransactionClient,
  ): Promise<string | undefined> {
    if (roles === undefined) return undefined;
    const role = this.roleOf(roles);
    const user = await this.users.findForAdmin({ id: userId }, db);
    if (!user || user.role === role) return undefined;
    await lockAdmins(db);
    return role;
  }

  /**
   * Part of the transaction that completes the sign-in. A new role refuses the access tokens with the old one, as when an
   * admin changes it. Returns the role and the epoch of the user; undefined if the last admin stays one.
   */
  async replace(
    userId: string,
    role: string,
    { providerId: provider }: ProvenIdentity,
    { db, refuseTokensBelow }: RevokingTransaction,
  ): Promise<{ role: string; epoch: number } | undefined> {
    const before = await this.users.findForAdmin({ id: userId }, db);
    if (!before || before.role === role) return undefined;
    if (isEnabledAdmin(before) && !(await hasAnotherAdmin(db, userId))) {
      this.logger.warn({ msg: 'The last admin keeps the role, though the provider names another', provider });
      return undefined;
    }
    const { epoch } = await this.users.updateForAdmin(userId, { role, raiseEpoch: true }, db);
    await refuseTokensBelow(userId, epoch);
    const details = { role, by: 'provider', provider };
    await this.audit.record({ event: 'user.role_changed', subjectUserId: userId, details }, db);
    return { role, epoch };
  }

  /** The first of ROLES, after admin, that the claim has; a user without any is a `user`. */
  private roleOf(claimed: readonly string[]): string {
    return this.config.roles.find((role) => role !== 'user' && claimed.includes(role)) ?? 'user';
  }
}
