import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { PrismaService } from '../database/prisma.service.js';
import type { IdentityRow } from '../identities/identities.service.js';
import { Identities } from '../identities/identities.service.js';
import { ProviderSignIns } from '../identities/provider-sign-ins.js';
import { Providers } from '../identities/providers.js';
import type { ConnectIdentityBody, IdentityList, IdentityView } from './identities.schema.js';
import { IdentityNotice } from './identity-notice.js';
import { WaysIn } from './ways-in.js';

/** A signed-in user's request to change the identities of the account. */
export interface IdentityRequest {
  userId: string;
  ip: string;
  locale: Locale;
}

/** A signed-in user connects and disconnects accounts at other providers. */
@Injectable()
export class ConnectedIdentities {
  constructor(
    private readonly db: PrismaService,
    private readonly identities: Identities,
    private readonly signIns: ProviderSignIns,
    private readonly providers: Providers,
    private readonly notice: IdentityNotice,
    private readonly waysIn: WaysIn,
  ) {}

  async list(userId: string): Promise<IdentityList> {
    const identities = (await this.identities.listOf(userId)).map((row) => this.toView(row));
    return { identities, has_password: await this.waysIn.hasPassword(userId) };
  }

  /**
   * The one-time code ends in this session only if the same frontend has sent the browser to the provider: it has the verifier.
   * Throws `exchange_code_invalid`, or `identity_taken` if another account has the identity.
   */
  async connect(
    { code, verifier }: ConnectIdentityBody,
    { userId, ip, locale }: IdentityRequest,
  ): Promise<IdentityView> {
    const identity = await this.signIns.takeCode(code, verifier);
    if (!identity) throw new ApiError('exchange_code_invalid');
    const row = await this.db.$transaction(async (tx) => {
      const user = await this.waysIn.lockUser(userId, tx);
      const linked = await this.identities.link(userId, identity, tx);
      if (!linked) return undefined;
      const { provider } = linked;
      await this.notice.recordAndNotify(user, { event: 'identity.linked', provider, ip, locale }, tx);
      return linked;
    });
    return this.toView(row ?? (await this.findOwn(userId, identity)));
  }

  /** Throws `not_found`, or `last_way_in` if nobody could sign in to the account without it. */
  async disconnect(id: string, { userId, ip, locale }: IdentityRequest): Promise<void> {
    await this.db.$transaction(async (tx) => {
      const user = await this.waysIn.lockUser(userId, tx);
      const removed = await this.identities.unlink(userId, id, tx);
      if (!removed) throw new ApiError('not_found', 'no such identity');
      await this.waysIn.assertOneLeft(userId, tx);
      const { provider } = removed;
      await this.notice.recordAndNotify(user, { event: 'identity.unlinked', provider, ip, locale }, tx);
    });
  }

  /** Connecting twice is not an error. */
  private async findOwn(userId: string, key: { issuer: string; subject: string }): Promise<IdentityRow> {
    return (await this.identities.findOwn(userId, key)) ?? throwTaken();
  }

  private toView({ id, provider, email, createdAt, lastUsedAt }: IdentityRow): IdentityView {
    return {
      id,
      provider,
      provider_name: this.providers.nameOf(provider),
      email,
      created_at: createdAt.toISOString(),
      last_used_at: lastUsedAt?.toISOString() ?? null,
    };
  }
}

function throwTaken(): never {
  throw new ApiError('identity_taken');
}
