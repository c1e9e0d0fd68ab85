import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { decodeCursor } from '../common/pagination.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { shownUse } from '../sessions/shown-use.js';
import { PersonalData } from '../users/personal-data.js';
import { adminUserColumns, toAdminUserView } from '../users/user.schema.js';
import { toActivityList } from './activity.schema.js';

const pageRows = 100;

/** All that is kept about a user, as one JSON document, however much it is: it is read as fast as it is sent. */
@Injectable()
export class PersonalDataExport {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
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
    const columns = { ...adminUserColumns, locale: true } as const;
    const user = await this.db.user.findUnique({ where: { id: userId }, select: columns });
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

  /** At most MAX_SESSIONS_PER_USER live ones, and those that ended lately. */
  private async *sessions(userId: string): AsyncIterable<object[]> {
    const now = databaseNow(this.clock);
    yield await this.db.$queryRaw<object[]>`
      SELECT id, client_id, created_at, ${shownUse(now)} AS last_used_at, expires_at, revoked_at, revoked_reason, ip,
        user_agent
      FROM sessions WHERE user_id = ${userId}::uuid ORDER BY id DESC`;
  }

  private async *activity(userId: string): AsyncIterable<object[]> {
    let cursor: string | undefined;
    do {
      const page = await this.trail.activityOf(userId, { cursor, limit: pageRows });
      yield toActivityList(userId, page).events;
      cursor = page.nextCursor === null ? undefined : decodeCursor(page.nextCursor);
    } while (cursor !== undefined);
  }

  private async *links(userId: string): AsyncIterable<object[]> {
    yield await this.db.$queryRaw<object[]>`
      SELECT purpose, email, created_at, expires_at FROM one_time_tokens
      WHERE user_id = ${userId}::uuid AND expires_at > ${databaseNow(this.clock)} ORDER BY created_at`;
  }

  private async *mails(userId: string): AsyncIterable<object[]> {
    yield await this.db.$queryRaw<object[]>`
      SELECT letter, recipient, created_at, sent_at FROM mail_outbox
      WHERE user_id = ${userId}::uuid OR recipient = (SELECT email FROM users WHERE id = ${userId}::uuid) ORDER BY id`;
  }
}
