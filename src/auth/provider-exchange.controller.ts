import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { Client } from '../access/decorators/client.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { TokenResponse } from '../access/token-response.schema.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems } from '../common/problem.schema.js';
import { ProviderExchange } from './provider-exchange.js';
import { ExchangeBody } from './providers.schema.js';
import { SignInResponses } from './sign-in-responses.js';

@ApiTags('Auth')
@Controller('auth/providers/exchange')
export class ProviderExchangeController {
  constructor(
    private readonly exchanges: ProviderExchange,
    private readonly responses: SignInResponses,
  ) {}

  @Public()
  @RateLimit('providers')
  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in with the one-time code of a sign-in with a provider' })
  @ApiOkResponse({ standardSchema: TokenResponse, description: 'Signed in' })
  @ApiProblems(
    ...bodyProblems,
    'exchange_code_invalid',
    'second_factor_required',
    'account_disabled',
    'email_unverified',
    'account_exists',
    'provider_email_missing',
    'registration_closed',
    'csrf_rejected',
    'rate_limited',
    'overloaded',
    'database_unavailable',
  )
  async exchange(
    @Body({ schema: ExchangeBody }) body: ExchangeBody,
    @Client() client: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const exchange = { request, reply };
    return this.responses.run(body, exchange, (granted) =>
      this.exchanges.signIn(granted, { client, locale }, exchange),
    );
  }
}
