import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { allPages } from '../common/pagination.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { shownUse } from '../sessions/shown-use.js';
import { PersonalData } from '../users/personal-data.js';
import { toAdminUserView } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import { toActivityList } from './activity.schema.js';

const pageRows = 100;

/** All that is kept about a user, as one JSON document, however much it is: it is read as fast as it is sent. */
@Injectable()
export class PersonalDataExport {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly users: UsersService,
    private readonly trail: AuditTrail,
    private readonly data: PersonalData,
    private readonly audit: AuditLog,
  ) {
    data.add({ name: 'sessions', read: (userId) => this.sessions(userId) });
    data.add({ name: 'activity', read: (userId) => this.activity(userId) });
    data.add({ name: 'links', read: (userId) => this.links(userId) });
    data.add({ name: 'mails', read: (userId) => this.mails(userId) });
  }

  /** Resolves once the user is found: the pieces of the document follow. Throws `token_revoked`. */
  async begin(userId: string, ip: string): Promise<AsyncIterable<string>> {
    const user = await this.users.findForExport(userId);
    if (!user) throw new ApiError('token_revoked', 'the user is gone');
    this.audit.record({ event: 'user.data_exported', actorUserId: userId, subjectUserId: userId, ip });
    return this.write(userId, { ...toAdminUserView(user), locale: user.locale });
  }

  private async *write(userId: string, user: object): AsyncIterable<string> {
    yield `{"exported_at":${JSON.stringify(this.clock.now())},"user":${JSON.stringify(user)}`;
    for (const { name, read } of this.data.sources) {
      yield `,${JSON.stringify(name)}:[`;
      let separator = '';
      for await (const rows of read(userId)) {
        for (const row of rows) {
          yield separator + JSON.stringify(row);
          separator = ',';
        }
      }
      yield ']';
    }
    yield '}';
  }

  private async *sessions(userId: string): AsyncIterable<object[]> {
    const now = databaseNow(this.clock);
    let before: string | undefined;
    do {
      const older = before === undefined ? Prisma.empty : Prisma.sql`AND id < ${before}::uuid`;
      const rows = await this.db.$queryRaw<{ id: string }[]>`
        SELECT id, client_id, created_at, ${shownUse(now)} AS last_used_at, expires_at, revoked_at, revoked_reason, ip,
          user_agent
        FROM sessions WHERE user_id = ${userId}::uuid ${older} ORDER BY id DESC LIMIT ${pageRows}::int`;
      yield rows;
      before = rows.length === pageRows ? rows.at(-1)!.id : undefined;
    } while (before !== undefined);
  }

  private async *activity(userId: string): AsyncIterable<object[]> {
    for await (const page of allPages((query) => this.trail.activityOf(userId, query))) {
      yield toActivityList(userId, page).events;
    }
  }

  /** To the user's own address: what becomes of a mail to another one would tell whether that is somebody's. */
  private async *links(userId: string): AsyncIterable<object[]> {
    yield await this.db.$queryRaw<object[]>`
      SELECT t.purpose, t.email, t.created_at, t.expires_at
      FROM one_time_tokens t JOIN users u ON u.id = t.user_id AND u.email = t.email
      WHERE u.id = ${userId}::uuid AND t.expires_at > ${databaseNow(this.clock)} ORDER BY t.created_at`;
  }

  /** As `links`. */
  private async *mails(userId: string): AsyncIterable<object[]> {
    yield await this.db.$queryRaw<object[]>`
      SELECT m.letter, m.recipient, m.created_at, m.sent_at
      FROM mail_outbox m JOIN users u ON u.email = m.recipient WHERE u.id = ${userId}::uuid ORDER BY m.id`;
  }
}
