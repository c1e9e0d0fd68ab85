import { Controller, Get, Inject } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

const RoleList = z
  .object({
    roles: z
      .array(z.string())
      .meta({ description: '`user`, `admin` and the names in ROLES.', example: ['user', 'admin'] }),
  })
  .meta({ id: 'RoleList' });
type RoleList = z.infer<typeof RoleList>;

@ApiTags('Admin')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('admin/roles')
export class RolesController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get()
  @ApiOperation({ summary: 'The roles that users and clients can have' })
  @ApiOkResponse({ standardSchema: RoleList, description: 'The roles' })
  list(): RoleList {
    return { roles: [...this.config.roles] };
  }
}
