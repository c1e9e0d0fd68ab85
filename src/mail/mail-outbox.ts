import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Locale } from '../common/locale.js';
import type { Page, PageQuery } from '../common/pagination.js';
import { toPage } from '../common/pagination.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import type { LeasedItem } from '../database/outbox/outbox-table.js';
import { OutboxTable } from '../database/outbox/outbox-table.js';
import { PrismaService } from '../database/prisma.service.js';

/** An email to be sent. It is composed when it is sent, so it has neither text nor link. */
export interface NewEmail {
  /** The name of the template that the composer fills in. */
  template: string;
  recipient: string;
  /** The user the email is about, if the recipient's address does not identify them. */
  userId?: string;
  /** A hash of the user's state when the email was requested. The composer compares it. */
  stateHash?: Uint8Array;
  /** The session that asked for it, if that matters when its link is used. */
  sessionId?: string;
  /** The language of the request. */
  locale: Locale;
}

/** A queued email, as its composer sees it. */
export interface QueuedEmail {
  id: string;
  template: string;
  recipient: string;
  userId: string | null;
  stateHash: Uint8Array | null;
  sessionId: string | null;
  locale: string;
  /** How many emails with this template the recipient got within a day, about any user. */
  sentLastDay: number;
  /** Since the last of them; null if there was none. */
  secondsSinceSent: number | null;
}

export interface LeasedEmail extends QueuedEmail, LeasedItem {
  /** The same template about the same user went to the same address less than a minute ago, or is being sent. */
  repeated: boolean;
}

/** A queued or sent email as admins see it: its content is composed when it is sent, and is nowhere in the table. */
export interface OutboxRow {
  id: string;
  template: string;
  recipient: string;
  userId: string | null;
  state: 'waiting' | 'sending' | 'sent';
  /** Attempts begun. */
  attempts: number;
  createdAt: Date;
  /** When it is due. Null once it was sent. */
  nextAttemptAt: Date | null;
  sentAt: Date | null;
}

/** A row as the export of a user's data shows it. */
export interface EmailRecord {
  letter: string;
  recipient: string;
  created_at: Date;
  sent_at: Date | null;
}

/** Kept to know who not to write to again. Deleting an account does not delete them. */
const keptHours = 24;

/** The table `mail_outbox`: emails that wait to be sent, and those sent within the last day. */
@Injectable()
export class MailOutbox {
  readonly table: OutboxTable<LeasedEmail>;

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.table = new OutboxTable(db, clock, {
      table: 'mail_outbox',
      payload,
      locks: { lease: advisoryLocks.mailSender, cleanup: advisoryLocks.mailCleanup },
      keptHours,
    });
  }

  /** Throws `mail_not_configured` if no email can be sent: in production without SMTP_URL. */
  assertCanSend(): void {
    if (!this.canSend) throw new ApiError('mail_not_configured', 'SMTP_URL is not set');
  }

  /** One INSERT for every recipient, known or unknown. Does nothing if no email can be sent. */
  async enqueueEmail(
    { template, recipient, userId, stateHash, sessionId, locale }: NewEmail,
    db: Pick<Prisma.TransactionClient, '$executeRaw'> = this.db,
  ): Promise<void> {
    if (!this.canSend) return;
    const now = databaseNow(this.clock);
    await db.$executeRaw`
      INSERT INTO mail_outbox (id, letter, recipient, user_id, state_hash, session_id, locale, created_at, next_attempt_at)
      VALUES (${newId()}::uuid, ${template}, ${recipient}, ${userId ?? null}::uuid, ${stateHash ?? null}::bytea,
        ${sessionId ?? null}::uuid, ${locale}, ${now}, ${now})`;
    this.table.added.next();
  }

  /** Deletes the unsent emails that use one of the templates and go to the recipient or are about the user. */
  async discardWaiting(
    { templates, recipient, userId }: { templates: readonly string[]; recipient: string; userId?: string },
    db: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    await db.$executeRaw`
      DELETE FROM mail_outbox
      WHERE letter = ANY (${[...templates]}::text[]) AND (recipient = ${recipient} OR user_id = ${userId ?? null}::uuid)
        AND sent_at IS NULL`;
  }

  /** Emails that were sent no longer count as repeated by the next one. They still count as sent within a day. */
  async allowRepetition(
    { templates, recipient }: { templates: readonly string[]; recipient: string },
    db: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    await db.$executeRaw`
      UPDATE mail_outbox SET sent_at = sent_at - interval '1 minute'
      WHERE letter = ANY (${[...templates]}::text[]) AND recipient = ${recipient}
        AND sent_at > ${databaseNow(this.clock)} - interval '1 minute'`;
  }

  /** The emails to one address that wait or were sent within the last day, oldest first. */
  emailsTo(recipient: string): Promise<EmailRecord[]> {
    return this.db.$queryRaw<EmailRecord[]>`
      SELECT letter, recipient, created_at, sent_at FROM mail_outbox WHERE recipient = ${recipient} ORDER BY id`;
  }

  /** The emails that wait and those sent within the last day, newest first. */
  async pageForAdmin({ sent, cursor, limit }: PageQuery & { sent?: boolean }): Promise<Page<OutboxRow>> {
    const before = cursor === undefined ? Prisma.empty : Prisma.sql`AND id < ${cursor}::uuid`;
    const onlySent = sent === undefined ? Prisma.empty : Prisma.sql`AND (sent_at IS NOT NULL) = ${sent}`;
    const rows = await this.db.$queryRaw<OutboxRow[]>`
      SELECT id, letter AS template, recipient, user_id AS "userId", attempts, created_at AS "createdAt", sent_at AS "sentAt",
        CASE WHEN sent_at IS NULL THEN next_attempt_at END AS "nextAttemptAt",
        CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN leased_until > ${databaseNow(this.clock)} THEN 'sending'
          ELSE 'waiting' END AS state
      FROM mail_outbox WHERE true ${before} ${onlySent} ORDER BY id DESC LIMIT ${limit + 1}::int`;
    return toPage(rows, limit);
  }

  private get canSend(): boolean {
    const { smtpUrl, folder } = this.config.mail;
    return smtpUrl !== undefined || folder !== undefined;
  }
}

function payload(now: Prisma.Sql): Prisma.Sql {
  const earlier = Prisma.sql`
    FROM mail_outbox earlier
    WHERE earlier.recipient = o.recipient AND earlier.letter = o.letter AND earlier.sent_at > ${now} - interval '1 day'`;
  return Prisma.sql`letter AS template, recipient, user_id AS "userId", state_hash AS "stateHash", session_id AS "sessionId", locale,
    (SELECT count(*)::int ${earlier}) AS "sentLastDay",
    (SELECT extract(epoch FROM ${now} - max(earlier.sent_at))::float8 ${earlier}) AS "secondsSinceSent",
    EXISTS (
      SELECT FROM mail_outbox earlier
      WHERE earlier.recipient = o.recipient AND earlier.letter = o.letter AND earlier.id <> o.id
        AND earlier.user_id IS NOT DISTINCT FROM o.user_id
        AND (earlier.sent_at > ${now} - interval '1 minute' OR earlier.leased_until > ${now})) AS repeated`;
}
