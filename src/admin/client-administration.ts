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

/** A client with the secret that is shown this once; undefined where it authenticates without one. */
export interface ShownOnce {
  client: RegisteredClient;
  secret?: string;
}

/** What admins do to OAuth clients: audited. */
@Injectable()
export class ClientAdministration {
  constructor(
    private readonly db: PrismaService,
    private readonly clients: ClientsService,
    private readonly revoker: Revoker,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Throws `validation_failed` for a role that there is not. */
  async create(client: NewClient, actor: Actor): Promise<ShownOnce> {
    this.requireKnownRole(client.role);
    return this.db.$transaction(async (tx) => {
      const created = await this.clients.create(client, tx);
      const { id, role } = created.client;
      const event = { event: 'client.created', ...actedBy(actor), subjectClientId: id, details: { role } } as const;
      await this.audit.record(event, tx);
      return created;
    });
  }

  /** The newest two count, so that a secret is replaced without a refused request. Throws `not_found`, `secret_not_used`. */
  async addSecret(clientId: string, actor: Actor): Promise<ShownOnce> {
    const client = await this.clients.find(clientId);
    if (client && !hasSecret(client)) throw new ApiError('secret_not_used', client.authMethod);
    return this.db.$transaction(async (tx) => {
      const changed = (await this.clients.addSecret(clientId, tx)) ?? notFound();
      await this.audit.record({ event: 'client.secret_added', ...actedBy(actor), subjectClientId: clientId }, tx);
      return changed;
    });
  }

  /** From the commit on nothing that the client was given is good any more, on any instance. Throws `not_found`. */
  async remove(clientId: string, actor: Actor): Promise<void> {
    await this.revoker.inTransaction(async (revoking) => {
      if (!(await this.clients.delete(clientId, revoking.db))) notFound();
      await revoking.refuseTokensOfClient(clientId);
      await this.audit.record({ event: 'client.deleted', ...actedBy(actor), subjectClientId: clientId }, revoking.db);
    });
    // Nobody can refresh them any more; this takes them from their users' lists.
    await this.revoker.endSessionsOfClient(clientId, 'client_deleted');
  }

  private requireKnownRole(role: string): void {
    if (this.config.roles.includes(role)) return;
    const message = `must be one of ${this.config.roles.join(', ')}`;
    throw new ApiError('validation_failed', 'unknown role', { fieldErrors: [{ path: 'role', message }] });
  }
}

function notFound(): never {
  throw new ApiError('not_found', 'no such client');
}
