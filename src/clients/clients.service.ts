import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Page, PageQuery } from '../common/pagination.js';
import { toPage } from '../common/pagination.js';
import { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Client } from './client.js';
import { builtInClient, hasSecret } from './client.js';
import { hashOfSecret, liveSecrets, newClientSecret } from './client-secret.js';

export type NewClient = Omit<Client, 'id'>;

/** A client as admins see it. */
export interface RegisteredClient extends Client {
  createdAt: Date;
  /** The valid secrets, newest first. */
  secrets: { createdAt: Date }[];
}

const newestFirst = [{ createdAt: 'desc' }, { id: 'desc' }] satisfies Prisma.ClientSecretOrderByWithRelationInput[];

const registeredColumns = {
  id: true,
  name: true,
  authMethod: true,
  grantTypes: true,
  role: true,
  scope: true,
  jwks: true,
  createdAt: true,
  secrets: { select: { createdAt: true }, orderBy: newestFirst, take: liveSecrets },
} satisfies Prisma.OAuthClientSelect;

/** The registered OAuth clients, and the built-in one. */
@Injectable()
export class ClientsService {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  async find(id: string): Promise<Client | undefined> {
    return (await this.findWithSecrets(id))?.client;
  }

  /** Includes the hashes of the valid secrets. One statement whether the client exists or not; none for the built-in one. */
  async findWithSecrets(id: string): Promise<{ client: Client; secretHashes: Uint8Array[] } | undefined> {
    if (id === builtInClient.id) return { client: builtInClient, secretHashes: [] };
    const [row] = await this.db.$queryRaw<(Client & { secretHashes: Uint8Array[] })[]>`
      SELECT c.id, c.name, c.auth_method AS "authMethod", c.grant_types AS "grantTypes", c.role, c.scope, c.jwks,
        ARRAY(SELECT s.secret_hash FROM client_secrets s WHERE s.client_id = c.id
              ORDER BY s.created_at DESC, s.id DESC LIMIT ${liveSecrets}::int) AS "secretHashes"
      FROM oauth_clients c WHERE c.id = ${id}`;
    if (!row) return undefined;
    const { secretHashes, ...client } = row;
    return { client, secretHashes };
  }

  /** Finds the names of these clients. No query for the built-in one alone. */
  async findNames(ids: ReadonlySet<string>): Promise<Map<string, string>> {
    const registered = [...ids].filter((id) => id !== builtInClient.id);
    const names = new Map([[builtInClient.id, builtInClient.name]]);
    if (registered.length === 0) return names;
    const rows = await this.db.oAuthClient.findMany({
      where: { id: { in: registered } },
      select: { id: true, name: true },
    });
    for (const { id, name } of rows) names.set(id, name);
    return names;
  }

  async page({ cursor, limit }: PageQuery): Promise<Page<RegisteredClient>> {
    const rows = await this.db.oAuthClient.findMany({
      where: { id: { lt: cursor } },
      orderBy: { id: 'desc' },
      take: limit + 1,
      select: registeredColumns,
    });
    return toPage(rows as RegisteredClient[], limit);
  }

  /** Returns `secret` if the client uses one. It is not stored, so it is never available again. */
  async create(
    { jwks, grantTypes, ...client }: NewClient,
    db: Prisma.TransactionClient,
  ): Promise<{ client: RegisteredClient; secret?: string }> {
    const secret = hasSecret(client) ? newClientSecret() : undefined;
    const createdAt = this.clock.now();
    const created = await db.oAuthClient.create({
      data: {
        ...client,
        id: newId(),
        grantTypes: [...grantTypes],
        jwks: jwks ?? Prisma.DbNull,
        createdAt,
        ...(secret !== undefined && { secrets: { create: toRow(secret, createdAt) } }),
      },
      select: registeredColumns,
    });
    return { client: created as RegisteredClient, secret };
  }

  /** Creates a new secret. The previous one stays valid, older ones do not. Returns undefined if there is no such client. */
  async addSecret(
    clientId: string,
    db: Prisma.TransactionClient,
  ): Promise<{ client: RegisteredClient; secret: string } | undefined> {
    // The lock makes simultaneous calls run one after the other, so that two secrets remain.
    const [found] = await db.$queryRaw<unknown[]>`SELECT 1 FROM oauth_clients WHERE id = ${clientId} FOR UPDATE`;
    if (!found) return undefined;
    const secret = newClientSecret();
    const createdAt = await this.afterEverySecretOf(clientId, db);
    await db.clientSecret.create({ data: { clientId, ...toRow(secret, createdAt) }, select: { id: true } });
    const old = await db.clientSecret.findMany({
      where: { clientId },
      orderBy: newestFirst,
      skip: liveSecrets,
      select: { id: true },
    });
    await db.clientSecret.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } });
    const client = await db.oAuthClient.findUniqueOrThrow({ where: { id: clientId }, select: registeredColumns });
    return { client: client as RegisteredClient, secret };
  }

  /** Deletes the client and its secrets; the caller revokes its tokens. Returns false if there is no such client. */
  async delete(id: string, db: Prisma.TransactionClient): Promise<boolean> {
    const { count } = await db.oAuthClient.deleteMany({ where: { id } });
    return count > 0;
  }

  /** Now, or just after the last secret if another clock is ahead: the newest secret must sort first. */
  private async afterEverySecretOf(clientId: string, db: Prisma.TransactionClient): Promise<Date> {
    const now = this.clock.now();
    const last = await db.clientSecret.findFirst({
      where: { clientId },
      orderBy: newestFirst,
      select: { createdAt: true },
    });
    return last && last.createdAt >= now ? new Date(last.createdAt.getTime() + 1) : now;
  }
}

function toRow(secret: string, createdAt: Date) {
  return { id: newId(), secretHash: new Uint8Array(hashOfSecret(secret)), createdAt };
}
