import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.js';
import { Clock } from '../common/clock.js';
import { allPages } from '../common/pagination.js';
import { PrismaService } from '../database/prisma.service.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { readLinksSentTo } from '../emails/link-records.js';
import { readFactorsOf } from '../factors/factor-records.js';
import { readSessionsOf } from '../sessions/session-records.js';
import type { DataOwner } from '../users/personal-data.js';
import { PersonalData } from '../users/personal-data.js';
import { toActivityList } from './activity.schema.js';
import { ConnectedIdentities } from './connected-identities.js';

/** Adds to the personal data what the lower layers store about users. */
@Injectable()
export class ExportedRecords {
  constructor(
    db: PrismaService,
    clock: Clock,
    private readonly trail: AuditTrail,
    private readonly outbox: EmailOutbox,
    private readonly connected: ConnectedIdentities,
    data: PersonalData,
  ) {
    data.add({ name: 'sessions', read: ({ id }) => readSessionsOf(id, clock, db) });
    data.add({ name: 'identities', read: ({ id }) => this.identities(id) });
    data.add({ name: 'factors', read: ({ id }) => readFactorsOf(id, db) });
    data.add({ name: 'activity', read: (owner) => this.activity(owner) });
    // Links and emails only to the user's own address: those to another would reveal whether somebody has it.
    data.add({ name: 'links', read: (owner) => readLinksSentTo(owner, clock, db) });
    data.add({ name: 'mails', read: ({ email }) => this.emails(email) });
  }

  private async *identities(userId: string): AsyncIterable<object[]> {
    const { identities } = await this.connected.list(userId);
    yield identities;
  }

  private async *emails(recipient: string): AsyncIterable<object[]> {
    const emails = await this.outbox.emailsTo(recipient);
    yield emails;
  }

  private async *activity({ id }: DataOwner): AsyncIterable<object[]> {
    for await (const page of allPages((query) => this.trail.activityOf(id, query))) {
      yield toActivityList(id, page).events;
    }
  }
}
