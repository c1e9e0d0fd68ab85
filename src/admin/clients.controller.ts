import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { ClientsService } from '../clients/clients.service.js';
import { IdParam } from '../common/ids.js';
import { PageQuery } from '../common/pagination.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import type { Actor } from './actor.js';
import { CurrentActor } from './actor.js';
import type { ShownOnce } from './client-administration.js';
import { ClientAdministration } from './client-administration.js';
import {
  ClientList,
  ClientWithSecret,
  CreateClient,
  toClientList,
  toClientView,
  toNewClient,
} from './clients.schema.js';

@ApiTags('Admin')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'csrf_rejected', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('admin/clients')
export class ClientsController {
  constructor(
    private readonly clients: ClientsService,
    private readonly administration: ClientAdministration,
  ) {}

  @Get()
  @ApiOperation({ summary: 'OAuth clients, newest first' })
  @ApiOkResponse({ standardSchema: ClientList, description: 'A page of clients' })
  @ApiProblems('validation_failed')
  async list(@Query({ schema: PageQuery }) query: PageQuery): Promise<ClientList> {
    return toClientList(await this.clients.page(query));
  }

  @Post()
  @ApiOperation({ summary: 'Register an OAuth client' })
  @ApiCreatedResponse({ standardSchema: ClientWithSecret, description: 'The client, with its secret' })
  @ApiProblems(...bodyProblems)
  async create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateClient }) body: CreateClient,
  ): Promise<ClientWithSecret> {
    return toClientWithSecret(await this.administration.create(toNewClient(body), actor));
  }

  @Post(':id/secret')
  @ApiOperation({
    summary: 'Create a new secret for a client',
    description:
      'The previous secret stays valid, so the client can switch without refused requests. Older secrets become invalid.',
  })
  @ApiCreatedResponse({ standardSchema: ClientWithSecret, description: 'The client, with its new secret' })
  @ApiProblems('not_found', 'secret_not_used')
  async addSecret(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: IdParam }) id: string,
  ): Promise<ClientWithSecret> {
    return toClientWithSecret(await this.administration.addSecret(id, actor));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete an OAuth client',
    description: 'Ends every session of the client and refuses every token that was issued to it.',
  })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiProblems('not_found')
  remove(@CurrentActor() actor: Actor, @Param('id', { schema: IdParam }) id: string): Promise<void> {
    return this.administration.remove(id, actor);
  }
}

function toClientWithSecret({ client, secret }: ShownOnce): ClientWithSecret {
  return { ...toClientView(client), ...(secret !== undefined && { client_secret: secret }) };
}
