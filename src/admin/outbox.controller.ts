import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { MailOutbox } from '../mail/mail-outbox.js';
import { OutboxList, OutboxQuery, toOutboxList } from './outbox.schema.js';

/** The outbox of emails, read-only. */
@ApiTags('Admin')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('admin/emails')
export class OutboxController {
  constructor(private readonly outbox: MailOutbox) {}

  @Get()
  @ApiOperation({
    summary: 'Emails that wait and those sent within the last day, newest first',
    description: 'Without their content. An email that was given up after a day of attempts is gone from the list.',
  })
  @ApiOkResponse({ standardSchema: OutboxList, description: 'A page of emails' })
  @ApiProblems('validation_failed')
  async list(@Query({ schema: OutboxQuery }) query: OutboxQuery): Promise<OutboxList> {
    return toOutboxList(await this.outbox.pageForAdmin(query));
  }
}
