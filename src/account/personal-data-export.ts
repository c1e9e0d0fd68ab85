import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { DataOwner } from '../users/personal-data.js';
import { PersonalData } from '../users/personal-data.js';
import { toAdminUserView } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';

/** Everything stored about a user as one JSON document of any size: it is read from the database as fast as it is sent. */
@Injectable()
export class PersonalDataExport {
  constructor(
    private readonly clock: Clock,
    private readonly users: UsersService,
    private readonly data: PersonalData,
    private readonly audit: AuditLog,
  ) {}

  /** Returns the pieces of the document. Throws `token_revoked` if the user was deleted. */
  async begin(userId: string, ip: string): Promise<AsyncIterable<string>> {
    const user = await this.users.findForExport(userId);
    if (!user) throw new ApiError('token_revoked', 'the user was deleted');
    this.audit.record({ event: 'user.data_exported', actorUserId: userId, subjectUserId: userId, ip });
    return this.write(user, { ...toAdminUserView(user), locale: user.locale });
  }

  private async *write(owner: DataOwner, user: object): AsyncIterable<string> {
    yield `{"exported_at":${JSON.stringify(this.clock.now())},"user":${JSON.stringify(user)}`;
    for (const { name, read } of this.data.sources) {
      yield `,${JSON.stringify(name)}:[`;
      let separator = '';
      for await (const rows of read(owner)) {
        for (const row of rows) {
          yield separator + JSON.stringify(row);
          separator = ',';
        }
      }
      yield ']';
    }
    yield '}';
  }
}
