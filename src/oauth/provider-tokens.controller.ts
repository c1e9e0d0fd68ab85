import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { Client } from '../access/decorators/client.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { ProviderTokensReading } from './provider-tokens.js';
import { ProviderTokensList, ProviderTokensQuery } from './provider-tokens.schema.js';

/** A resource of a client's own token, as the revocation feed. */
@ApiTags('OAuth')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'client_required')
@Scopes('provider_tokens')
@Controller('oauth/provider-tokens')
export class ProviderTokensController {
  constructor(private readonly reading: ProviderTokensReading) {}

  @Get()
  @ApiOperation({
    summary: 'Tokens of a user at another provider',
    description:
      'For your own services, if PROVIDER_<ID>_KEEP_TOKENS is on: to call the API of the provider for the user. docs/providers.md explains it.',
  })
  @ApiOkResponse({ standardSchema: ProviderTokensList, description: 'The tokens that are kept' })
  @ApiProblems('validation_failed', 'database_unavailable')
  read(
    @Query({ schema: ProviderTokensQuery }) query: ProviderTokensQuery,
    @Client() { ip }: ClientInfo,
    @Req() request: FastifyRequest,
  ): Promise<ProviderTokensList> {
    return this.reading.read(query, request.user!, ip);
  }
}
