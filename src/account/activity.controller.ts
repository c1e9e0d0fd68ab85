import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { PageQuery } from '../common/pagination.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { ActivityList, toActivityList } from './activity.schema.js';

@ApiTags('Account')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'database_unavailable')
@Scopes('account')
@Controller('auth/me/activity')
export class ActivityController {
  constructor(private readonly trail: AuditTrail) {}

  @Get()
  @ApiOperation({ summary: 'Security events of your account, newest first' })
  @ApiOkResponse({ standardSchema: ActivityList, description: 'A page of events' })
  @ApiProblems('validation_failed')
  async list(
    @CurrentUser() { userId }: UserPrincipal,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<ActivityList> {
    return toActivityList(userId, await this.trail.activityOf(userId, query));
  }
}
