import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { Client } from '../access/decorators/client.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { TokenResponse } from '../access/token-response.schema.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiProblems, bodyProblems } from '../common/problem.schema.js';
import { PasskeyChallenges } from '../factors/passkey-challenges.js';
import { FactorMetrics } from './factor-metrics.js';
import { FactorSignIn } from './factor-sign-in.js';
import { FactorBody, PasskeyLoginBody, PasskeyOptions, PasskeyOptionsBody } from './factor-sign-in.schema.js';
import { PasskeySignIn } from './passkey-sign-in.js';
import { SignInResponses } from './sign-in-responses.js';

/** Sign-ins with a second factor, or with a passkey alone. */
@ApiTags('Auth')
@ApiProblems(...bodyProblems, 'csrf_rejected', 'rate_limited', 'database_unavailable')
@Public()
@Controller('auth')
export class FactorSignInController {
  constructor(
    private readonly factors: FactorSignIn,
    private readonly passkeys: PasskeySignIn,
    private readonly passkeyChallenges: PasskeyChallenges,
    private readonly responses: SignInResponses,
    private readonly metrics: FactorMetrics,
  ) {}

  @Post('login/factor')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Complete a sign-in with the second factor',
    description:
      'With the `challenge` of `second_factor_required`, and `code`, `recovery_code` or `passkey`. The tokens go where the sign-in asked for them. A challenge takes five responses in five minutes.',
  })
  @ApiOkResponse({ standardSchema: TokenResponse, description: 'Signed in' })
  @ApiProblems('factor_invalid', 'challenge_expired', 'account_disabled', 'email_unverified', 'temporarily_unavailable')
  async respond(
    @Body({ schema: FactorBody }) { challenge, ...response }: FactorBody,
    @Client() client: ClientInfo,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const { started, delivery } = await this.metrics.count('sign_in', response, () =>
      this.factors.respond(challenge, response, client),
    );
    return this.responses.respond(started, delivery, request, reply);
  }

  @RateLimit('passkeys')
  @Post('passkeys/options')
  @HttpCode(200)
  @ApiOperation({ summary: 'Options to sign in with a passkey, without an address' })
  @ApiOkResponse({ standardSchema: PasskeyOptions, description: 'A challenge and the options for the browser' })
  options(@Body({ schema: PasskeyOptionsBody }) _body: object): Promise<PasskeyOptions> {
    return this.passkeyChallenges.openForAnybody();
  }

  @Post('passkeys/login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Sign in with a passkey',
    description: 'The authenticator must verify its user. That counts as two factors.',
  })
  @ApiOkResponse({ standardSchema: TokenResponse, description: 'Signed in' })
  @ApiProblems('passkey_invalid', 'challenge_expired', 'account_disabled', 'email_unverified')
  async login(
    @Body({ schema: PasskeyLoginBody }) body: PasskeyLoginBody,
    @Client() client: ClientInfo,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.responses.run(
      body,
      { request, reply },
      ({ challenge, passkey, delivery, client_id: clientId, scope }) =>
        this.passkeys.withPasskey(challenge, passkey, { clientId, scope, delivery, client }),
    );
  }
}
