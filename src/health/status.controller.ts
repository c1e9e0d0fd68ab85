import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { SigningKeys } from '../keys/signing-keys.js';
import { MailOutbox } from '../mail/mail-outbox.js';
import { Readiness } from './readiness.js';
import { StatusView, toKeyViews, toMailView } from './status.schema.js';

@ApiTags('Admin')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('admin/status')
export class StatusController {
  constructor(
    private readonly readiness: Readiness,
    private readonly keys: SigningKeys,
    private readonly outbox: MailOutbox,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Health of this instance, signing keys and waiting emails' })
  @ApiOkResponse({ standardSchema: StatusView, description: 'The status' })
  async status(): Promise<StatusView> {
    const [checks, emails] = await Promise.all([this.readiness.check(), this.outbox.table.readState()]);
    return { checks, signing_keys: toKeyViews(this.keys.snapshot()), mail: toMailView(emails) };
  }
}
