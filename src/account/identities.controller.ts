import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { FullSignIn } from '../access/decorators/full-sign-in.js';
import { LimitAccount } from '../access/decorators/limit-account.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import type { ClientInfo } from '../common/client-info.js';
import { IdParam } from '../common/ids.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { ConnectedIdentities } from './connected-identities.js';
import { ConnectIdentityBody, IdentityList, IdentityView } from './identities.schema.js';

@ApiTags('Account')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/identities')
export class IdentitiesController {
  constructor(private readonly identities: ConnectedIdentities) {}

  @Get()
  @ApiOperation({ summary: 'Your accounts at other providers' })
  @ApiOkResponse({ standardSchema: IdentityList, description: 'The accounts' })
  list(@CurrentUser() { userId }: UserPrincipal): Promise<IdentityList> {
    return this.identities.list(userId);
  }

  @FullSignIn()
  @LimitAccount()
  @Post()
  @ApiOperation({
    summary: 'Connect an account at another provider',
    description:
      'The browser has brought a one-time code back from the provider: it was sent there with a `code_challenge` (GET /auth/providers/{provider}/start).',
  })
  @ApiCreatedResponse({ standardSchema: IdentityView, description: 'Connected' })
  @ApiProblems(
    ...bodyProblems,
    'exchange_code_invalid',
    'insufficient_user_authentication',
    'identity_taken',
    'rate_limited',
  )
  connect(
    @Body({ schema: ConnectIdentityBody }) body: ConnectIdentityBody,
    @CurrentUser() { userId }: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
  ): Promise<IdentityView> {
    return this.identities.connect(body, { userId, ip, locale });
  }

  @FullSignIn()
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Disconnect an account at another provider' })
  @ApiNoContentResponse({ description: 'Disconnected' })
  @ApiProblems('insufficient_user_authentication', 'not_found', 'last_way_in')
  disconnect(
    @Param('id', { schema: IdParam }) id: string,
    @CurrentUser() { userId }: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
  ): Promise<void> {
    return this.identities.disconnect(id, { userId, ip, locale });
  }
}
