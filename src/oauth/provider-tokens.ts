import { Injectable } from '@nestjs/common';
import type { Principal } from '#pawl/nest/principal.js';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import { Identities } from '../identities/identities.service.js';
import { Providers } from '../identities/providers.js';
import { UsersService } from '../users/users.service.js';
import type { ProviderTokensList, ProviderTokensQuery } from './provider-tokens.schema.js';

/** Hands the kept tokens of other providers to the operator's own services. Users never get them, nor do their frontends. */
@Injectable()
export class ProviderTokensReading {
  constructor(
    private readonly identities: Identities,
    private readonly providers: Providers,
    private readonly users: UsersService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Empty if nothing is kept, also for a user who is unknown or disabled, or once PROVIDER_<ID>_KEEP_TOKENS is off. Every
   * reading is audited. Throws `client_required` if a user sends the request.
   */
  async read({ user_id: userId, provider }: ProviderTokensQuery, caller: Principal, ip: string) {
    if (caller.userId !== undefined) throw new ApiError('client_required', `user ${caller.userId}`);
    const accounts = await this.keptOf(userId, provider);
    if (accounts.length > 0) {
      const details = { provider };
      const event = { event: 'identity.tokens_read', actorClientId: caller.clientId, subjectUserId: userId } as const;
      this.audit.record({ ...event, ip, details });
    }
    return { accounts };
  }

  private async keptOf(userId: string, provider: string): Promise<ProviderTokensList['accounts']> {
    if (!this.providers.has(provider) || !this.providers.get(provider).config.keepTokens) return [];
    const user = await this.users.findForAdmin({ id: userId });
    if (!user || user.disabled) return [];
    const kept = await this.identities.tokensOf(userId, provider);
    return kept.map(({ subject, accessToken, refreshToken, accessTokenExpiresAt }) => ({
      subject,
      access_token: accessToken,
      refresh_token: refreshToken ?? null,
      access_token_expires_at: accessTokenExpiresAt ?? null,
    }));
  }
}
