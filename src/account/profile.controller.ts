import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { LimitAccount } from '../access/decorators/limit-account.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { OwnUserView, toOwnUserView } from '../users/user.schema.js';
import { Profile } from './profile.js';
import { UpdateMeBody } from './profile.schema.js';

@ApiTags('Account')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/me')
export class ProfileController {
  constructor(private readonly profile: Profile) {}

  @Get()
  @ApiOperation({ summary: 'The signed-in user' })
  @ApiOkResponse({ standardSchema: OwnUserView, description: 'The user' })
  async me(@CurrentUser() { userId }: UserPrincipal): Promise<OwnUserView> {
    return toOwnUserView(await this.profile.find(userId));
  }

  @LimitAccount()
  @Patch()
  @ApiOperation({ summary: 'Change the name, or the language of emails' })
  @ApiOkResponse({ standardSchema: OwnUserView, description: 'The changed user' })
  @ApiProblems(...bodyProblems, 'rate_limited')
  async update(
    @Body({ schema: UpdateMeBody }) body: UpdateMeBody,
    @CurrentUser() { userId }: UserPrincipal,
    @Client() { ip }: ClientInfo,
  ): Promise<OwnUserView> {
    return toOwnUserView(await this.profile.update(userId, body, ip));
  }
}
