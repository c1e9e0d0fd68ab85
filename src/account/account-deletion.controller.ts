import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SessionCookies } from '../access/cookies.js';
import { Client } from '../access/decorators/client.js';
import { CurrentUser } from '../access/decorators/current-user.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { RequiredScope } from '../access/decorators/required-scope.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import type { UserPrincipal } from '../common/principal.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { AccountDeletion } from './account-deletion.js';
import { DeleteMeBody } from './account-deletion.schema.js';

@ApiTags('Account')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@RequiredScope('account')
@Controller('auth/me/delete')
export class AccountDeletionController {
  constructor(
    private readonly deletion: AccountDeletion,
    private readonly cookies: SessionCookies,
  ) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete the account and everything in it' })
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
    await this.deletion.deleteAccount(password, { user, ip, locale, signal: request.signal });
    this.cookies.clearFrom(request, reply);
  }
}
