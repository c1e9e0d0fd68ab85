import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { AuditEventList, AuditQuery, toAuditEventList } from './audit.schema.js';

/** The audit trail, read-only. */
@ApiTags('Admin')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('admin/audit')
export class AuditController {
  constructor(private readonly trail: AuditTrail) {}

  @Get()
  @ApiOperation({ summary: 'The audit trail, newest first' })
  @ApiOkResponse({ standardSchema: AuditEventList, description: 'A page of events' })
  @ApiProblems('validation_failed')
  async list(@Query({ schema: AuditQuery }) query: AuditQuery): Promise<AuditEventList> {
    return toAuditEventList(await this.trail.page(query));
  }
}
