import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Logger, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SessionCookies } from '../access/cookies.js';
import { Client } from '../access/decorators/client.js';
import { CurrentUser } from '../access/decorators/current-user.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import type { UserPrincipal } from '../common/principal.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { toUserView, UserView } from '../users/user.schema.js';
import { Account } from './account.js';
import { DeleteMeBody, ExportedData, UpdateMeBody } from './account.schema.js';
import { PersonalDataExport } from './personal-data-export.js';

@ApiTags('Account')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Controller('auth/me')
export class MeController {
  private readonly logger = new Logger('Export');

  constructor(
    private readonly account: Account,
    private readonly personalData: PersonalDataExport,
    private readonly cookies: SessionCookies,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The signed-in user' })
  @ApiOkResponse({ standardSchema: UserView, description: 'The user' })
  async me(@CurrentUser() { userId }: UserPrincipal): Promise<UserView> {
    return toUserView(await this.account.find(userId));
  }

  @Patch()
  @ApiOperation({ summary: 'Change the name, or the language of mails' })
  @ApiOkResponse({ standardSchema: UserView, description: 'The user as it is now' })
  @ApiProblems(...bodyProblems)
  async update(
    @Body({ schema: UpdateMeBody }) body: UpdateMeBody,
    @CurrentUser() { userId }: UserPrincipal,
    @Client() { ip }: ClientInfo,
  ): Promise<UserView> {
    return toUserView(await this.account.update(userId, body, ip));
  }

  @Post('delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete the account, with all that is in it' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiProblems(...bodyProblems, 'password_incorrect', 'last_admin', 'rate_limited', 'overloaded')
  async delete(
    @Body({ schema: DeleteMeBody }) { password }: DeleteMeBody,
    @CurrentUser() user: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.account.delete(password, { user, ip, locale, signal: request.signal });
    this.cookies.clearFrom(request, reply);
  }

  @Get('export')
  @ApiOperation({ summary: 'All that is kept about you, as one JSON document' })
  @ApiOkResponse({ standardSchema: ExportedData, description: 'The document' })
  async export(
    @CurrentUser() { userId }: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const pieces = Readable.from(await this.personalData.begin(userId, ip));
    // The answer has begun by then: all that can be done is to break it off, which its reader notices, and to say why here.
    pieces.once('error', (err) => this.logger.error({ msg: 'An export broke off', req_id: request.id, err }));
    await reply
      .type('application/json; charset=utf-8')
      .header('Content-Disposition', 'attachment; filename="pawl-export.json"')
      .send(pieces);
  }
}
