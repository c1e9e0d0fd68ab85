import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { SessionCookies } from '../access/cookies.js';
import { Client } from '../access/decorators/client.js';
import { FullSignIn } from '../access/decorators/full-sign-in.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { AccountDeletion } from './account-deletion.js';
import { DeleteMeBody } from './account-deletion.schema.js';

@ApiTags('Account')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/me/delete')
export class AccountDeletionController {
  constructor(
    private readonly deletion: AccountDeletion,
    private readonly cookies: SessionCookies,
  ) {}

  @FullSignIn()
  @Post()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete the account and everything in it' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiProblems(
    ...bodyProblems,
    'insufficient_user_authentication',
    'factor_enrolment_required',
    'password_incorrect',
    'last_admin',
    'rate_limited',
    'overloaded',
  )
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
