import { Controller, Get, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { ApiProblems } from '../common/problem.schema.js';
import { SessionStatus } from './session-status.js';
import { SessionStatusView } from './session-status.schema.js';

@ApiTags('Sessions')
@Controller('auth/session')
export class SessionStatusController {
  constructor(private readonly status: SessionStatus) {}

  @Public()
  @Get()
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Whether you are signed in',
    description:
      'Never 401: a missing, expired or revoked token means signed out. A browser is signed in for as long as its refresh cookie is valid, even if its access cookie has expired.',
  })
  @ApiOkResponse({ standardSchema: SessionStatusView, description: 'The user and the session, or no user' })
  @ApiProblems('invalid_request', 'database_unavailable')
  read(@Req() request: FastifyRequest): Promise<SessionStatusView> {
    return this.status.read(request);
  }
}
