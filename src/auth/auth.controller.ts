import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SessionCookies } from '../access/cookies.js';
import { Client } from '../access/decorators/client.js';
import { CurrentUser } from '../access/decorators/current-user.js';
import { Public } from '../access/decorators/public.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { KnownDevices } from '../access/known-devices.js';
import { TokenResponse } from '../access/token-response.schema.js';
import { TokenResponses } from '../access/token-responses.js';
import { clientAddress } from '../common/client-address.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import type { UserPrincipal } from '../common/principal.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { LoginBody, LogoutBody, RefreshBody, RegisterBody } from './auth.schema.js';
import { Login } from './login.js';
import { Logout } from './logout.js';
import { Refresh } from './refresh.js';
import { Registration } from './registration.js';
import { SignInClient } from './sign-in-client.js';

@ApiTags('Auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly registrations: Registration,
    private readonly logins: Login,
    private readonly refreshes: Refresh,
    private readonly logouts: Logout,
    private readonly answers: TokenResponses,
    private readonly cookies: SessionCookies,
    private readonly devices: KnownDevices,
  ) {}

  @Public()
  @RateLimit('register')
  @Post('register')
  @ApiOperation({ summary: 'Register and sign in' })
  @ApiCreatedResponse({ standardSchema: TokenResponse, description: 'Registered and signed in' })
  @ApiAcceptedResponse({
    description: 'With REQUIRE_VERIFIED_EMAIL, for a new and a taken address alike: what follows is in a mail.',
    content: {},
  })
  @ApiProblems(
    ...bodyProblems,
    'password_too_weak',
    'registration_closed',
    'csrf_rejected',
    'email_taken',
    'rate_limited',
    'overloaded',
    'database_unavailable',
  )
  async register(
    @Body({ schema: RegisterBody, pipes: [SignInClient] }) body: RegisterBody,
    @Client() client: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() { signal }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse | undefined> {
    const signedIn = await this.registrations.register(body, client, locale, signal);
    if (!signedIn) {
      reply.status(202);
      return undefined;
    }
    const { session, refreshToken } = signedIn;
    this.devices.remember(body.email, body.delivery, reply);
    return this.answers.grant(session, refreshToken, body.delivery, reply);
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in with e-mail and password' })
  @ApiOkResponse({ standardSchema: TokenResponse, description: 'Signed in' })
  @ApiProblems(
    ...bodyProblems,
    'invalid_credentials',
    'account_disabled',
    'email_unverified',
    'csrf_rejected',
    'rate_limited',
    'overloaded',
    'database_unavailable',
  )
  async login(
    @Body({ schema: LoginBody, pipes: [SignInClient] }) body: LoginBody,
    @Client() client: ClientInfo,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const deviceToken = this.devices.presentedBy(request);
    const { session, refreshToken } = await this.logins.withPassword(body, { ...client, deviceToken }, request.signal);
    this.devices.remember(body.email, body.delivery, reply);
    return this.answers.grant(session, refreshToken, body.delivery, reply);
  }

  @Public()
  @RateLimit('refresh')
  @Post('refresh')
  @HttpCode(200)
  @ApiBody({ required: false })
  @ApiOperation({
    summary: 'Turn a refresh token into new tokens',
    description:
      'The `Pawl-Refresh` header of the answer names what happened: `rotate`, `hold`, `replay` or `recover`.',
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
    @Client() client: ClientInfo,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.refreshes.fromRequest(request, reply, body.refresh_token, client);
  }

  @Public()
  @Post('logout')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiBody({ required: false })
  @ApiOperation({ summary: 'End the session that the access token, the refresh token or the cookies name' })
  @ApiNoContentResponse({ description: 'Ended, or not live any more' })
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
