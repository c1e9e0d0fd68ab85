import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { Client } from '../access/decorators/client.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { KnownDevices } from '../access/known-devices.js';
import { TokenResponse } from '../access/token-response.schema.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems } from '../common/problem.schema.js';
import { LoginBody, RegisterBody } from './auth.schema.js';
import { Login } from './login.js';
import { Registration } from './registration.js';
import { SignInClient } from './sign-in-client.js';
import { SignInResponses } from './sign-in-responses.js';

/** Ways in. */
@ApiTags('Auth')
@Controller('auth')
export class SignInController {
  constructor(
    private readonly registrations: Registration,
    private readonly logins: Login,
    private readonly clients: SignInClient,
    private readonly devices: KnownDevices,
    private readonly responses: SignInResponses,
  ) {}

  @Public()
  @RateLimit('register')
  @Post('register')
  @ApiOperation({ summary: 'Register and sign in' })
  @ApiCreatedResponse({ standardSchema: TokenResponse, description: 'Registered and signed in' })
  @ApiAcceptedResponse({
    description: 'With REQUIRE_VERIFIED_EMAIL, whether the address is new or taken: an email says what to do next.',
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
    @Body({ schema: RegisterBody }) body: RegisterBody,
    @Client() client: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse | undefined> {
    const signedIn = await this.registrations.register(
      await this.clients.grantScope(body, request),
      client,
      locale,
      request.signal,
    );
    if (!signedIn) {
      reply.status(202);
      return undefined;
    }
    return this.responses.respond(signedIn, body.delivery, request, reply);
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Sign in with email and password',
    description:
      'If the account has a second factor, the response is 401 `second_factor_required` with `challenge`, `factors` and perhaps `passkey_options`: go on with POST /auth/login/factor.',
  })
  @ApiOkResponse({ standardSchema: TokenResponse, description: 'Signed in' })
  @ApiProblems(
    ...bodyProblems,
    'invalid_credentials',
    'second_factor_required',
    'account_disabled',
    'email_unverified',
    'csrf_rejected',
    'rate_limited',
    'overloaded',
    'database_unavailable',
  )
  async login(
    @Body({ schema: LoginBody }) body: LoginBody,
    @Client() client: ClientInfo,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const origin = { ...client, deviceToken: this.devices.presentedBy(request) };
    return this.responses.run(body, { request, reply }, (granted) =>
      this.logins.withPassword(granted, origin, request.signal),
    );
  }
}
