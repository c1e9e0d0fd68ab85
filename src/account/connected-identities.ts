import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import { PrismaService } from '../database/prisma.service.js';
import type { IdentityRow } from '../identities/identities.service.js';
import { Identities } from '../identities/identities.service.js';
import { ProviderSignIns } from '../identities/provider-sign-ins.js';
import { Providers } from '../identities/providers.js';
import type { ConnectIdentityBody, IdentityList, IdentityView } from './identities.schema.js';
import { WaysIn } from './ways-in.js';

/** A signed-in user connects and disconnects accounts at other providers. */
@Injectable()
export class ConnectedIdentities {
  constructor(
    private readonly db: PrismaService,
    private readonly identities: Identities,
    private readonly signIns: ProviderSignIns,
    private readonly providers: Providers,
    private readonly audit: AuditLog,
    private readonly waysIn: WaysIn,
  ) {}

  async list(userId: string): Promise<IdentityList> {
    return { identities: (await this.identities.listOf(userId)).map((row) => this.toView(row)) };
  }

  /**
   * The one-time code ends in this session only if the same frontend has sent the browser to the provider: it has the verifier.
   * Throws `exchange_code_invalid`, or `identity_taken` if another account has the identity.
   */
  async connect(userId: string, { code, verifier }: ConnectIdentityBody, ip: string): Promise<IdentityView> {
    const identity = await this.signIns.takeCode(code, verifier);
    if (!identity) throw new ApiError('exchange_code_invalid');
    const row = await this.db.$transaction(async (tx) => {
      const linked = await this.identities.link(userId, identity, tx);
      if (!linked) return undefined;
      const details = { provider: identity.providerId };
      await this.audit.record(
        { event: 'identity.linked', actorUserId: userId, subjectUserId: userId, ip, details },
        tx,
      );
      return linked;
    });
    return this.toView(row ?? (await this.findOwn(userId, identity)));
  }

  /** Throws `not_found`, or `last_way_in` if nobody could sign in to the account without it. */
  async disconnect(userId: string, id: string, ip: string): Promise<void> {
    await this.db.$transaction(async (tx) => {
      await this.waysIn.assertOneLeft(userId, tx);
      const removed = await this.identities.unlink(userId, id, tx);
      if (!removed) throw new ApiError('not_found', 'no such identity');
      await this.waysIn.assertOneLeft(userId, tx);
      const details = { provider: removed.provider };
      await this.audit.record(
        { event: 'identity.unlinked', actorUserId: userId, subjectUserId: userId, ip, details },
        tx,
      );
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
