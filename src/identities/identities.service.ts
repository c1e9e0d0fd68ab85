import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { SealedSecret } from '../secrets/sealing.js';
import { BrokenSeal, Sealer } from '../secrets/sealing.js';
import type { ProvenIdentity, ProviderTokens } from './identity-provider.js';

/** An account at another provider. */
export interface IdentityRow {
  id: string;
  provider: string;
  email: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

const columns = { id: true, provider: true, email: true, createdAt: true, lastUsedAt: true } as const;
const maxEmailCharacters = 254;

/** The accounts of users at other providers. Methods that take `db` can be part of the caller's transaction. */
@Injectable()
export class Identities {
  private readonly logger = new Logger('Identities');
  private readonly sealer: Sealer;

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    keyRing: KeyRing,
  ) {
    this.sealer = new Sealer(keyRing, 'providerTokens');
  }

  async findOwner({ issuer, subject }: Pick<ProvenIdentity, 'issuer' | 'subject'>): Promise<string | undefined> {
    const where = { issuer_subject: { issuer, subject } };
    return (await this.db.identity.findUnique({ where, select: { userId: true } }))?.userId;
  }

  async findOwn(
    userId: string,
    { issuer, subject }: Pick<ProvenIdentity, 'issuer' | 'subject'>,
    db: Prisma.TransactionClient = this.db,
  ): Promise<IdentityRow | null> {
    return db.identity.findFirst({ where: { userId, issuer, subject }, select: columns });
  }

  /** The oldest first. */
  listOf(userId: string, db: Prisma.TransactionClient = this.db): Promise<IdentityRow[]> {
    return db.identity.findMany({ where: { userId }, orderBy: { id: 'asc' }, select: columns });
  }

  /** Returns undefined if somebody has it, even by a concurrent request: one statement with ON CONFLICT DO NOTHING. */
  async link(userId: string, identity: ProvenIdentity, db: Prisma.TransactionClient): Promise<IdentityRow | undefined> {
    const { issuer, subject } = identity;
    const id = newId();
    const [linked] = await db.identity.createManyAndReturn({
      data: [{ userId, id, issuer, subject, createdAt: this.clock.now(), ...this.stateOf(id, identity) }],
      skipDuplicates: true,
      select: columns,
    });
    return linked;
  }

  /** Records a sign-in with the user's identity `id`, and what the provider says today. */
  async recordUse(userId: string, id: string, identity: ProvenIdentity, db: Prisma.TransactionClient): Promise<void> {
    const data = { ...this.stateOf(id, identity), lastUsedAt: this.clock.now() };
    await db.identity.updateMany({ where: { userId, id }, data });
  }

  /** Returns the deleted identity; undefined if the user has none with this id. */
  async unlink(userId: string, id: string, db: Prisma.TransactionClient): Promise<IdentityRow | undefined> {
    const where = { userId, id };
    const found = await db.identity.findFirst({ where, select: columns });
    const { count } = await db.identity.deleteMany({ where });
    return count === 1 && found ? found : undefined;
  }

  /** Returns the providers of those that were deleted. */
  async unlinkAll(userId: string, db: Prisma.TransactionClient): Promise<string[]> {
    const rows = await this.listOf(userId, db);
    await db.identity.deleteMany({ where: { userId } });
    return rows.map(({ provider }) => provider);
  }

  /** The kept tokens of the user's accounts at a provider. Without those that are damaged, or under an AUTH_SECRET value that is gone. */
  async tokensOf(userId: string, provider: string): Promise<(ProviderTokens & { subject: string })[]> {
    const rows = await this.db.identity.findMany({
      where: { userId, provider, tokensSealed: { not: null } },
      orderBy: { id: 'asc' },
      select: { id: true, subject: true, tokensSealed: true, sealKeyId: true },
    });
    return rows.flatMap(({ id, subject, tokensSealed, sealKeyId }) => {
      const opened = this.tryOpen({ sealed: tokensSealed!, sealKeyId: sealKeyId! }, { id, userId });
      return opened ? [{ ...(JSON.parse(opened.toString()) as ProviderTokens), subject }] : [];
    });
  }

  /** To ask again does not help when they are damaged: the next sign-in with the provider stores them anew. */
  private tryOpen(secret: SealedSecret, { id, userId }: { id: string; userId: string }): Buffer | undefined {
    try {
      return this.sealer.open(secret, id);
    } catch (error) {
      if (!(error instanceof BrokenSeal)) throw error;
      this.logger.error({ msg: 'The kept tokens of a provider cannot be used', identityId: id, userId, err: error });
      return undefined;
    }
  }

  private stateOf(id: string, { providerId: provider, email, tokens }: ProvenIdentity) {
    const kept = tokens && this.sealer.seal(Buffer.from(JSON.stringify(tokens)), id);
    return {
      provider,
      email: email !== undefined && email.length <= maxEmailCharacters ? email : null,
      tokensSealed: kept?.sealed ?? null,
      sealKeyId: kept?.sealKeyId ?? null,
    };
  }
}
