import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Public } from '#pawl/nest/decorators/public.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { SessionCookies } from '../access/cookies.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { TokenResponse } from '../access/token-response.schema.js';
import { clientAddress } from '../common/client-address.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { LogoutBody, RefreshBody } from './auth.schema.js';
import { Logout } from './logout.js';
import { Refresh } from './refresh.js';

/** How a session goes on, and ways out. */
@ApiTags('Auth')
@Controller('auth')
export class SessionController {
  constructor(
    private readonly refreshes: Refresh,
    private readonly logouts: Logout,
    private readonly cookies: SessionCookies,
  ) {}

  @Public()
  @RateLimit('refresh')
  @Post('refresh')
  @HttpCode(200)
  @ApiBody({ required: false })
  @ApiOperation({
    summary: 'Exchange a refresh token for new tokens',
    description:
      'The `Pawl-Refresh` header of the response names what happened: `rotate`, `hold`, `replay` or `recover`.',
  })
  @ApiOkResponse({
    standardSchema: TokenResponse,
    description: 'Refreshed',
    headers: {
      'Pawl-Refresh': {
        description: 'The verdict',
        schema: { type: 'string', enum: ['rotate', 'hold', 'replay', 'recover'] },
      },
    },
  })
  @ApiProblems(
    ...bodyProblems,
    'refresh_missing',
    'refresh_invalid',
    'refresh_expired',
    'refresh_reused',
    'session_revoked',
    'csrf_rejected',
    'rate_limited',
    'overloaded',
    'database_unavailable',
    'temporarily_unavailable',
  )
  refresh(
    @Body({ schema: RefreshBody }) body: RefreshBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.refreshes.fromRequest(request, reply, body.refresh_token);
  }

  @Public()
  @Post('logout')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiBody({ required: false })
  @ApiOperation({ summary: 'End the session that the access token, the refresh token or the cookies name' })
  @ApiNoContentResponse({ description: 'The session has ended, now or before' })
  @ApiProblems(
    ...bodyProblems,
    'invalid_request',
    'token_missing',
    'token_invalid',
    'user_required',
    'csrf_rejected',
    'database_unavailable',
  )
  async logout(
    @Body({ schema: LogoutBody }) body: LogoutBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.logouts.fromRequest(request, body.refresh_token);
    this.cookies.clearFrom(request, reply);
  }

  @Scopes('account')
  @Post('logout-all')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'End every session of the user' })
  @ApiNoContentResponse({ description: 'Ended' })
  @ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
  async logoutAll(
    @CurrentUser() user: UserPrincipal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.logouts.everywhere(user, clientAddress(request));
    this.cookies.clearFrom(request, reply);
  }
}
