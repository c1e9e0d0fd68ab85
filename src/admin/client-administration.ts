import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { hasSecret } from '../clients/client.js';
import type { NewClient, RegisteredClient } from '../clients/clients.service.js';
import { ClientsService } from '../clients/clients.service.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { Revoker } from '../sessions/revoker.js';
import type { Actor } from './actor.js';
import { actedBy } from './actor.js';
import { assertKnownRole } from './known-role.js';

/** A client with its new secret, which is shown only now; undefined if the client authenticates without one. */
export interface ShownOnce {
  client: RegisteredClient;
  secret?: string;
}

/** Admins register and delete OAuth clients. Every change is audited. */
@Injectable()
export class ClientAdministration {
  constructor(
    private readonly db: PrismaService,
    private readonly clients: ClientsService,
    private readonly revoker: Revoker,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Throws `validation_failed` if the role is unknown. */
  async create(client: NewClient, actor: Actor): Promise<ShownOnce> {
    assertKnownRole(client.role, this.config);
    return this.db.$transaction(async (tx) => {
      const created = await this.clients.create(client, tx);
      const { id, role } = created.client;
      const event = { event: 'client.created', ...actedBy(actor), subjectClientId: id, details: { role } } as const;
      await this.audit.record(event, tx);
      return created;
    });
  }

  /** The newest two secrets are valid, so a secret is replaced without refused requests. Throws `not_found`, `secret_not_used`. */
  async addSecret(clientId: string, actor: Actor): Promise<ShownOnce> {
    const client = await this.clients.find(clientId);
    if (client && !hasSecret(client)) throw new ApiError('secret_not_used', client.authMethod);
    return this.db.$transaction(async (tx) => {
      const changed = (await this.clients.addSecret(clientId, tx)) ?? throwNotFound();
      await this.audit.record({ event: 'client.secret_added', ...actedBy(actor), subjectClientId: clientId }, tx);
      return changed;
    });
  }

  /** From the commit on, every instance refuses every token of the client. Throws `not_found`. */
  async remove(clientId: string, actor: Actor): Promise<void> {
    await this.revoker.inTransaction(async (revoking) => {
      if (!(await this.clients.delete(clientId, revoking.db))) throwNotFound();
      await revoking.refuseTokensOfClient(clientId);
      await this.audit.record({ event: 'client.deleted', ...actedBy(actor), subjectClientId: clientId }, revoking.db);
    });
    // Nobody can refresh them any more. This removes them from the lists of their users.
    await this.revoker.endSessionsOfClient(clientId, 'client_deleted');
  }
}

function throwNotFound(): never {
  throw new ApiError('not_found', 'no such client');
}
