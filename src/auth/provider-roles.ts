import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import { Revoker } from '../sessions/revoker.js';
import { assertAnotherAdmin, isEnabledAdmin, lockAdmins } from '../users/admins.js';
import { UsersService } from '../users/users.service.js';

/** Gives users the role that a provider names, if PROVIDER_<ID>_ROLE_CLAIM says which claim holds it. */
@Injectable()
export class ProviderRoles {
  private readonly logger = new Logger('Providers');

  constructor(
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** A new role refuses the access tokens with the old one, as when an admin changes it. The last admin stays one. */
  async apply(userId: string, { providerId, roles }: ProvenIdentity): Promise<void> {
    if (roles === undefined) return;
    const role = this.roleOf(roles);
    const user = await this.users.findForAdmin({ id: userId });
    if (!user || user.role === role) return;
    try {
      await this.replace(userId, role, providerId);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'last_admin') throw error;
      this.logger.warn({
        msg: 'The last admin keeps the role, though the provider names another',
        provider: providerId,
      });
    }
  }

  /** The first of ROLES, after admin, that the claim has; a user without any is a `user`. */
  private roleOf(claimed: readonly string[]): string {
    return this.config.roles.find((role) => role !== 'user' && claimed.includes(role)) ?? 'user';
  }

  private async replace(userId: string, role: string, provider: string): Promise<void> {
    await this.revoker.inTransaction(async ({ db, refuseTokensBelow }) => {
      await lockAdmins(db);
      const before = await this.users.findForAdmin({ id: userId }, db);
      if (!before || before.role === role) return;
      if (isEnabledAdmin(before) && role !== 'admin') await assertAnotherAdmin(db, userId);
      const { epoch } = await this.users.updateForAdmin(userId, { role, raiseEpoch: true }, db);
      await refuseTokensBelow(userId, epoch);
      const details = { role, by: 'provider', provider };
      await this.audit.record({ event: 'user.role_changed', subjectUserId: userId, details }, db);
    });
  }
}
