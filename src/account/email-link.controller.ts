import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { ApiProblems, bodyProblems } from '../common/problem.schema.js';
import { EmailLinkBody, EmailLinkView } from './email-link.schema.js';
import { EmailLinks } from './email-links.js';
import { SessionStatus } from './session-status.js';

@ApiTags('Account')
@Controller('auth/email/link')
export class EmailLinkController {
  constructor(
    private readonly links: EmailLinks,
    private readonly sessions: SessionStatus,
  ) {}

  @Public()
  @Post()
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Read what the link of an email does',
    description:
      'For the page that a link leads to: it shows the address, or that the link has expired, before anything happens. Changes nothing, and does not use the link up.',
  })
  @ApiOkResponse({ standardSchema: EmailLinkView, description: 'What the link does, and for which address' })
  @ApiProblems(...bodyProblems, 'invalid_request', 'one_time_token_invalid', 'csrf_rejected', 'database_unavailable')
  async describe(
    @Body({ schema: EmailLinkBody }) { token }: EmailLinkBody,
    @Req() request: FastifyRequest,
  ): Promise<EmailLinkView> {
    return this.links.describe(token, (await this.sessions.read(request)).user?.id);
  }
}
