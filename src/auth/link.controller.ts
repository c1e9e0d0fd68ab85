import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { Client } from '../access/decorators/client.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { TokenResponse } from '../access/token-response.schema.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems } from '../common/problem.schema.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { LinkBody, LinkLoginBody } from './link.schema.js';
import { LinkSignIn } from './link-sign-in.js';
import { SignInResponses } from './sign-in-responses.js';

/** Sign-ins by email. */
@ApiTags('Auth')
@ApiProblems(...bodyProblems, 'csrf_rejected', 'rate_limited', 'database_unavailable')
@Public()
@Controller('auth/link')
export class LinkController {
  constructor(
    private readonly outbox: EmailOutbox,
    private readonly logins: LinkSignIn,
    private readonly responses: SignInResponses,
  ) {}

  @RateLimit('link')
  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send an email to sign in with',
    description: 'It has a link and a code of six digits. Both work once, within ten minutes.',
  })
  @ApiAcceptedResponse({ description: 'Accepted, whether or not a user has this address', content: {} })
  @ApiProblems('mail_not_configured')
  async request(
    @Body({ schema: LinkBody }) { email: recipient }: LinkBody,
    @RequestLocale() locale: Locale,
  ): Promise<void> {
    this.outbox.assertCanSend();
    await this.outbox.enqueueEmail({ template: 'sign_in', recipient, locale });
  }

  @Post('login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Sign in with an email',
    description:
      'With the `token` of its link, or with `email` and `code`. This confirms the address. If it was not confirmed before, the password and the sessions of before are void. A second factor is still asked for.',
  })
  @ApiOkResponse({ standardSchema: TokenResponse, description: 'Signed in' })
  @ApiProblems('one_time_token_invalid', 'code_invalid', 'second_factor_required', 'account_disabled')
  async login(
    @Body({ schema: LinkLoginBody }) body: LinkLoginBody,
    @Client() client: ClientInfo,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    return this.responses.run(body, { request, reply }, ({ delivery, client_id: clientId, scope, ...response }) =>
      this.logins.withEmail(response, { clientId, scope, delivery, client }),
    );
  }
}
