import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { FullSignIn } from '../access/decorators/full-sign-in.js';
import { LimitAccount } from '../access/decorators/limit-account.js';
import { OpenToEnrolment } from '../access/decorators/open-to-enrolment.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { RequestTokens } from '../access/request-tokens.js';
import { TokenResponses } from '../access/token-responses.js';
import type { ClientInfo } from '../common/client-info.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { PasskeyChallenges } from '../factors/passkey-challenges.js';
import {
  AddedFactor,
  AddPasskeyBody,
  ConfirmTotpBody,
  NoBody,
  PasskeyCreationOptions,
  TotpSetup,
} from './factors.schema.js';
import { PasskeyEnrolment } from './passkey-enrolment.js';
import { Profile } from './profile.js';
import type { EnrolledFactor } from './totp-enrolment.js';
import { TotpEnrolment } from './totp-enrolment.js';

/** Adds second factors to the signed-in user's account. */
@ApiTags('Factors')
@ApiBearerAuth()
@ApiProblems(
  ...tokenProblems,
  ...bodyProblems,
  'insufficient_user_authentication',
  'user_required',
  'csrf_rejected',
  'rate_limited',
  'database_unavailable',
)
@Scopes('account')
@OpenToEnrolment()
@FullSignIn()
@Controller('auth/factors')
export class FactorEnrolmentController {
  constructor(
    private readonly totp: TotpEnrolment,
    private readonly passkeys: PasskeyEnrolment,
    private readonly passkeyChallenges: PasskeyChallenges,
    private readonly profile: Profile,
    private readonly tokens: RequestTokens,
    private readonly responses: TokenResponses,
  ) {}

  @LimitAccount()
  @Post('totp')
  @ApiOperation({
    summary: 'Begin to add an authenticator app',
    description: 'It counts once POST /auth/factors/totp/confirm has seen a code of it, and replaces the one before.',
  })
  @ApiCreatedResponse({ standardSchema: TotpSetup, description: 'The secret, shown once' })
  async beginTotp(
    @CurrentUser() { userId }: UserPrincipal,
    @Body({ schema: NoBody }) _body: object,
  ): Promise<TotpSetup> {
    const { email } = await this.profile.find(userId);
    return this.totp.begin(userId, email);
  }

  @LimitAccount()
  @Post('totp/confirm')
  @ApiOperation({ summary: 'Confirm the authenticator app with its first code, which ends your other sessions' })
  @ApiCreatedResponse({ standardSchema: AddedFactor, description: 'The app counts; with the recovery codes' })
  @ApiProblems('factor_invalid', 'challenge_expired', 'temporarily_unavailable')
  async confirmTotp(
    @CurrentUser() user: UserPrincipal,
    @Body({ schema: ConfirmTotpBody }) { code }: ConfirmTotpBody,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AddedFactor> {
    return this.toAddedFactor(await this.totp.confirm(code, { user, ip, locale }), request, reply);
  }

  @LimitAccount()
  @Post('passkeys/options')
  @HttpCode(200)
  @ApiOperation({ summary: 'Options to create a passkey' })
  @ApiOkResponse({ standardSchema: PasskeyCreationOptions, description: 'A challenge and the options for the browser' })
  async passkeyOptions(
    @CurrentUser() { userId }: UserPrincipal,
    @Body({ schema: NoBody }) _body: object,
  ): Promise<PasskeyCreationOptions> {
    return this.passkeyChallenges.openForEnrolment(await this.profile.find(userId));
  }

  @LimitAccount()
  @Post('passkeys')
  @ApiOperation({ summary: 'Add a passkey, which ends your other sessions' })
  @ApiCreatedResponse({ standardSchema: AddedFactor, description: 'The passkey counts; with the recovery codes' })
  @ApiProblems('passkey_invalid', 'challenge_expired', 'passkey_exists', 'limit_reached')
  async addPasskey(
    @CurrentUser() user: UserPrincipal,
    @Body({ schema: AddPasskeyBody }) { challenge, passkey, name }: AddPasskeyBody,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AddedFactor> {
    const added = await this.passkeys.complete(challenge, { response: passkey, name }, { user, ip, locale });
    return this.toAddedFactor(added, request, reply);
  }

  private toAddedFactor(
    { id, recoveryCodes, session }: EnrolledFactor,
    request: FastifyRequest,
    reply: FastifyReply,
  ): AddedFactor {
    const delivery = this.tokens.credentialsOf(request)?.via === 'cookie' ? 'cookie' : 'body';
    return { id, recovery_codes: recoveryCodes, ...this.responses.grantAccess(session, delivery, reply) };
  }
}
