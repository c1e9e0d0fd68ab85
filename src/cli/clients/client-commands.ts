import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { operator } from '../../admin/actor.js';
import { ClientAdministration } from '../../admin/client-administration.js';
import { CreateClient, toClientView, toNewClient } from '../../admin/clients.schema.js';
import type { RegisteredClient } from '../../clients/clients.service.js';
import { ClientsService } from '../../clients/clients.service.js';
import { Clock } from '../../common/clock.js';
import { OperatorError } from '../../common/operator-error.js';
import type { Config } from '../../config/config.js';
import type { PrismaService } from '../../database/prisma.service.js';
import type { CommandContext } from '../command-context.js';
import { createAuditLog, createRevoker } from '../services.js';
import { formatTable, toSeconds } from '../table.js';

export interface ClientOptions {
  authMethod: string;
  grant: string[];
  role: string;
  scope: string;
  jwks?: string;
  json: boolean;
}

const pageClients = 100;

/** What the operator does with OAuth clients, as admins do over HTTP. */
export class ClientCommands {
  private readonly clients: ClientsService;
  private readonly administration: ClientAdministration;

  constructor(
    db: PrismaService,
    config: Config,
    private readonly context: CommandContext,
  ) {
    const clock = new Clock();
    const audit = createAuditLog(db, clock);
    this.clients = new ClientsService(db, clock);
    this.administration = new ClientAdministration(db, this.clients, createRevoker(db, clock, audit), audit, config);
  }

  async list(json: boolean): Promise<void> {
    const clients: RegisteredClient[] = [];
    for (let cursor: string | undefined | null; cursor !== null;) {
      const { rows, nextCursor } = await this.clients.page({ cursor, limit: pageClients });
      clients.push(...rows);
      cursor = nextCursor;
    }
    if (json) this.context.printJson({ clients: clients.map(toClientView) });
    else this.context.print(formatClients(clients));
  }

  async create(name: string, options: ClientOptions): Promise<void> {
    const { data, error } = CreateClient.safeParse({
      client_name: name,
      token_endpoint_auth_method: options.authMethod,
      grant_types: options.grant,
      role: options.role,
      scope: options.scope,
      ...(options.jwks !== undefined && { jwks: await this.readJson(options.jwks) }),
    });
    if (!data)
      throw new OperatorError(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
    const { client, secret } = await this.administration.create(toNewClient(data), operator);
    if (this.context.json(options, { ...toClientView(client), client_secret: secret })) return;
    this.context.print(formatClients([client]));
    if (secret !== undefined) this.context.print(`Secret, which is shown only now: ${secret}`);
  }

  async delete(id: string, options: { yes: boolean; json: boolean }): Promise<void> {
    const client = await this.clients.find(id);
    if (!client) throw new OperatorError('There is no such client: "pawl clients list" shows those that exist.');
    if (!options.yes) {
      throw new OperatorError(`This deletes ${client.name} and refuses every token of it. Add --yes to do it.`);
    }
    await this.administration.remove(id, operator);
    if (this.context.json(options, { client_id: id })) return;
    this.context.print(`${client.name} is deleted.`);
  }

  private async readJson(file: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(resolve(this.context.folder, file), 'utf8'));
    } catch (error) {
      throw new OperatorError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'it is not JSON'}.`);
    }
  }
}

function formatClients(clients: readonly RegisteredClient[]): string {
  const rows = clients.map(({ id, name, authMethod, grantTypes, role, scope, createdAt }) => [
    id,
    name,
    authMethod,
    grantTypes.join(' ') || '-',
    role,
    scope || '-',
    toSeconds(createdAt),
  ]);
  return formatTable(['CLIENT ID', 'NAME', 'AUTHENTICATION', 'GRANTS', 'ROLE', 'SCOPE', 'CREATED'], rows);
}
