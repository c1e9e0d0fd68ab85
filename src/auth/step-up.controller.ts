import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { LimitAccount } from '../access/decorators/limit-account.js';
import { OpenToEnrolment } from '../access/decorators/open-to-enrolment.js';
import { RequestTokens } from '../access/request-tokens.js';
import { AccessTokenResponse } from '../access/token-response.schema.js';
import { TokenResponses } from '../access/token-responses.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { FactorMetrics } from './factor-metrics.js';
import { StepUp } from './step-up.js';
import { StepUpBody } from './step-up.schema.js';

@ApiTags('Auth')
@ApiBearerAuth()
@ApiProblems(
  ...tokenProblems,
  ...bodyProblems,
  'user_required',
  'csrf_rejected',
  'rate_limited',
  'database_unavailable',
)
@Scopes('account')
@Controller('auth/step-up')
export class StepUpController {
  constructor(
    private readonly stepUps: StepUp,
    private readonly tokens: RequestTokens,
    private readonly responses: TokenResponses,
    private readonly metrics: FactorMetrics,
  ) {}

  @OpenToEnrolment()
  @LimitAccount()
  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Confirm that it is you',
    description:
      'With `password`, with `code` of the authenticator app, or with `challenge` (of POST /auth/passkeys/options) and `passkey`. If the account has a second factor, the password is not enough: the response is 401 `second_factor_required`, and this is called again with the factor.',
  })
  @ApiOkResponse({
    standardSchema: AccessTokenResponse,
    description: 'An access token with a fresh `auth_time`; with cookies, it is in the cookie',
  })
  @ApiProblems(
    'password_incorrect',
    'second_factor_required',
    'factor_invalid',
    'challenge_expired',
    'overloaded',
    'temporarily_unavailable',
  )
  async stepUp(
    @CurrentUser() user: UserPrincipal,
    @Body({ schema: StepUpBody }) body: StepUpBody,
    @Client() client: ClientInfo,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccessTokenResponse> {
    const session = await this.metrics.count('step_up', body, () =>
      this.stepUps.run(body, { user, client, signal: request.signal }),
    );
    const delivery = this.tokens.credentialsOf(request)?.via === 'cookie' ? 'cookie' : 'body';
    return this.responses.grantAccess(session, delivery, reply);
  }
}
