import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Public } from '#pawl/nest/decorators/public.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { FullSignIn } from '../access/decorators/full-sign-in.js';
import { LimitAccount } from '../access/decorators/limit-account.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { KnownDevices } from '../access/known-devices.js';
import { RequestTokens } from '../access/request-tokens.js';
import { TokenResponse } from '../access/token-response.schema.js';
import { TokenResponses } from '../access/token-responses.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { EmailBody } from './email.schema.js';
import { EmailRequests } from './email-requests.js';
import { ChangePasswordBody, ResetPasswordBody } from './password.schema.js';
import { PasswordChange } from './password-change.js';
import { PasswordReset } from './password-reset.js';

@ApiTags('Account')
@ApiProblems(...bodyProblems, 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/password')
export class PasswordController {
  constructor(
    private readonly requests: EmailRequests,
    private readonly resets: PasswordReset,
    private readonly changes: PasswordChange,
    private readonly devices: KnownDevices,
    private readonly tokens: RequestTokens,
    private readonly responses: TokenResponses,
  ) {}

  @Public()
  @RateLimit('forgot')
  @Post('forgot')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send a link to choose a new password' })
  @ApiAcceptedResponse({ description: 'Accepted, whether or not a user has this address', content: {} })
  @ApiProblems('rate_limited', 'mail_not_configured')
  forgot(@Body({ schema: EmailBody }) { email }: EmailBody, @RequestLocale() locale: Locale): Promise<void> {
    return this.requests.requestPasswordReset(email, locale);
  }

  @Public()
  @Post('reset')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Choose a new password with the token of an email',
    description: 'Ends every session and starts none. Also confirms the address, since the email was sent there.',
  })
  @ApiNoContentResponse({ description: 'The password is changed' })
  @ApiProblems('one_time_token_invalid', 'password_too_weak', 'overloaded')
  async reset(
    @Body({ schema: ResetPasswordBody }) body: ResetPasswordBody,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() { signal }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.devices.rememberOwner(await this.resets.resetPassword(body, { ip, locale, signal }), reply);
  }

  @FullSignIn()
  @LimitAccount()
  @Post()
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Choose another password, which ends every session and starts a new one for the caller',
    description:
      'Every earlier token of the user is refused from then on, those of this session too. The response has new tokens, in the body or in cookies as the access token of the request came. If the response is lost, sign in with the new password.',
  })
  @ApiOkResponse({ standardSchema: TokenResponse, description: 'The password is changed; new tokens' })
  @ApiProblems(
    ...tokenProblems,
    'insufficient_user_authentication',
    'factor_enrolment_required',
    'user_required',
    'password_incorrect',
    'password_too_weak',
    'rate_limited',
    'overloaded',
  )
  async change(
    @Body({ schema: ChangePasswordBody }) body: ChangePasswordBody,
    @CurrentUser() user: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const { signal } = request;
    const changed = await this.changes.changePassword(body, { user, ip, locale, signal });
    const { session, refreshToken, passwordHash } = changed;
    const delivery = this.tokens.credentialsOf(request)?.via === 'cookie' ? 'cookie' : 'body';
    // The device token of before is void, as it is bound to the old password.
    this.devices.remember({ ...session, passwordHash }, undefined, delivery, reply);
    return this.responses.grant(session, refreshToken, delivery, reply);
  }
}
