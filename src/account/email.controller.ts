import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Public } from '#pawl/nest/decorators/public.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { FullSignIn } from '../access/decorators/full-sign-in.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { KnownDevices } from '../access/known-devices.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { ChangeEmailBody, EmailBody, VerifyEmailBody } from './email.schema.js';
import { EmailChange } from './email-change.js';
import { EmailConfirmation } from './email-confirmation.js';
import { EmailRequests } from './email-requests.js';
import { SessionStatus } from './session-status.js';

@ApiTags('Account')
@ApiProblems(...bodyProblems, 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/email')
export class EmailController {
  constructor(
    private readonly confirmation: EmailConfirmation,
    private readonly requests: EmailRequests,
    private readonly changes: EmailChange,
    private readonly devices: KnownDevices,
    private readonly sessions: SessionStatus,
  ) {}

  @Public()
  @Post('verify')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Confirm an address with the token of an email',
    description:
      'Send `require_owner: true` with an access token or cookies of the account, or with its password, so that nobody confirms their address for an account that somebody else has the password of. Succeeds again if the same token is presented twice while it is valid.',
  })
  @ApiNoContentResponse({ description: 'Confirmed' })
  @ApiProblems(
    'invalid_request',
    'one_time_token_invalid',
    'password_required',
    'password_incorrect',
    'email_taken',
    'rate_limited',
    'overloaded',
  )
  async verify(
    @Body({ schema: VerifyEmailBody }) body: VerifyEmailBody,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const signedInUserId = (await this.sessions.read(request)).user?.id;
    const { signal } = request;
    const address = await this.confirmation.confirmAddress(body, { signedInUserId, ip, locale, signal });
    if (address !== undefined) await this.devices.rememberOwner(address, reply);
  }

  @Public()
  @RateLimit('resend')
  @Post('resend')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send the email that confirms an address again' })
  @ApiAcceptedResponse({ description: 'Accepted, whether or not a user has this address', content: {} })
  @ApiProblems('rate_limited', 'mail_not_configured')
  resend(@Body({ schema: EmailBody }) { email }: EmailBody, @RequestLocale() locale: Locale): Promise<void> {
    return this.requests.requestVerification(email, locale);
  }

  @FullSignIn()
  @RateLimit('resend')
  @Post()
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Ask for another address',
    description: 'The new address gets an email. It replaces the old one once it is confirmed.',
  })
  @ApiAcceptedResponse({ description: 'Accepted, whether or not the new address is taken', content: {} })
  @ApiProblems(
    ...tokenProblems,
    'insufficient_user_authentication',
    'factor_enrolment_required',
    'user_required',
    'password_incorrect',
    'rate_limited',
    'mail_not_configured',
    'overloaded',
  )
  requestChange(
    @Body({ schema: ChangeEmailBody }) body: ChangeEmailBody,
    @CurrentUser() user: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() { signal }: FastifyRequest,
  ): Promise<void> {
    return this.changes.requestChange(body, { user, ip, locale, signal });
  }
}
