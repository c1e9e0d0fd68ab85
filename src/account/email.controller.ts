import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Client } from '../access/decorators/client.js';
import { CurrentUser } from '../access/decorators/current-user.js';
import { Public } from '../access/decorators/public.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { KnownDevices } from '../access/known-devices.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import type { UserPrincipal } from '../common/principal.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { ChangeEmailBody, EmailBody, VerifyEmailBody } from './account.schema.js';
import { EmailAddresses } from './email-addresses.js';

@ApiTags('Account')
@ApiProblems(...bodyProblems, 'csrf_rejected', 'database_unavailable')
@Controller('auth/email')
export class EmailController {
  constructor(
    private readonly addresses: EmailAddresses,
    private readonly devices: KnownDevices,
  ) {}

  @Public()
  @Post('verify')
  @HttpCode(204)
  @ApiOperation({ summary: 'Confirm an address, or a new one, with the token of a mail' })
  @ApiNoContentResponse({ description: 'Confirmed' })
  @ApiProblems('one_time_token_invalid', 'email_taken')
  async verify(
    @Body({ schema: VerifyEmailBody }) { token }: VerifyEmailBody,
    @Client() client: ClientInfo,
    @RequestLocale() locale: Locale,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    this.devices.rememberOwner(await this.addresses.confirm(token, client, locale), reply);
  }

  @Public()
  @RateLimit('resend')
  @Post('resend')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send the mail that confirms an address again' })
  @ApiAcceptedResponse({ description: 'Whatever the address is', content: {} })
  @ApiProblems('rate_limited', 'mail_not_configured')
  resend(@Body({ schema: EmailBody }) { email }: EmailBody, @RequestLocale() locale: Locale): Promise<void> {
    return this.addresses.resend(email, locale);
  }

  @RateLimit('resend')
  @Post()
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Ask for another address: it counts once it is confirmed by a mail' })
  @ApiAcceptedResponse({ description: 'Asked, whoever the new address belongs to', content: {} })
  @ApiProblems(
    ...tokenProblems,
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
    return this.addresses.requestChange(body, { user, ip, locale, signal });
  }
}
