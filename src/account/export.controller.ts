import { Readable } from 'node:stream';
import { Controller, Get, Logger, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { LimitAccount } from '../access/decorators/limit-account.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { ExportedData } from './export.schema.js';
import { PersonalDataExport } from './personal-data-export.js';

@ApiTags('Account')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/me/export')
export class ExportController {
  private readonly logger = new Logger('Export');

  constructor(private readonly personalData: PersonalDataExport) {}

  @LimitAccount()
  @Get()
  @ApiOperation({ summary: 'Everything stored about you, as one JSON document' })
  @ApiOkResponse({ standardSchema: ExportedData, description: 'The document' })
  @ApiProblems('rate_limited')
  async export(
    @CurrentUser() { userId }: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const pieces = Readable.from(await this.personalData.begin(userId, ip));
    // The response has begun by then. All that is left is to cut it off, which the client notices, and to log why.
    pieces.once('error', (err) => this.logger.error({ msg: 'An export was cut off', req_id: request.id, err }));
    await reply
      .type('application/json; charset=utf-8')
      .header('Content-Disposition', 'attachment; filename="pawl-export.json"')
      .send(pieces);
  }
}
