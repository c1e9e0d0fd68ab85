import { Inject, Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
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
  locale: string;
}

/** An email that this instance alone may send until the lease ends. */
export interface LeasedEmail extends QueuedEmail {
  /** Begun attempts, this one included. */
  attempts: number;
  /** Since it was written down. */
  ageSeconds: number;
  /** The same template about the same user went to the same address less than a minute ago, or is on its way. */
  repeated: boolean;
}

/** A row as the export of a user's data shows it. */
export interface EmailRecord {
  letter: string;
  recipient: string;
  created_at: Date;
  sent_at: Date | null;
}

export interface OutboxState {
  /** Mails that wait or are being sent. */
  waiting: number;
  /** Those of them that are due. */
  due: number;
  /** How long the oldest has been waiting. */
  oldestSeconds: number;
}

/** Renewed while a mail is being sent: so long after an instance has died, others go on. */
export const leaseSeconds = 90;
const keptAfterSendingHours = 1;

/**
 * The mails that wait to be sent, in the database: written down in the transaction of the act that they tell of, so that
 * there is none for an act that did not happen, and none is lost with the instance that wrote it down.
 */
@Injectable()
export class MailOutbox {
  /** Told of each mail that this instance writes down; its transaction may not be committed yet. */
  readonly added = new Subject<void>();

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** False in production without SMTP_URL: then no mail is written down, since none could ever be sent. */
  get enabled(): boolean {
    const { smtpUrl, folder } = this.config.mail;
    return smtpUrl !== undefined || folder !== undefined;
  }

  /** Throws `mail_not_configured` if no email can be sent. */
  assertCanSend(): void {
    if (!this.enabled) throw new ApiError('mail_not_configured', 'SMTP_URL is not set');
  }

  /** One INSERT, whoever the recipient is: whether there is such a user is asked when it is sent. */
  async enqueueEmail(
    { template, recipient, userId, stateHash, locale }: NewEmail,
    db: Pick<Prisma.TransactionClient, '$executeRaw'> = this.db,
  ): Promise<void> {
    if (!this.enabled) return;
    const now = databaseNow(this.clock);
    await db.$executeRaw`
      INSERT INTO mail_outbox (id, letter, recipient, user_id, state_hash, locale, created_at, next_attempt_at)
      VALUES (${newId()}::uuid, ${template}, ${recipient}, ${userId ?? null}::uuid, ${stateHash ?? null}::bytea, ${locale},
        ${now}, ${now})`;
    this.added.next();
  }

  async state(): Promise<OutboxState> {
    const now = databaseNow(this.clock);
    const [state] = await this.db.$queryRaw<OutboxState[]>`
      SELECT count(*)::int AS waiting, count(*) FILTER (WHERE next_attempt_at <= ${now})::int AS due,
        coalesce(extract(epoch FROM ${now} - min(created_at)), 0)::float8 AS "oldestSeconds"
      FROM mail_outbox WHERE sent_at IS NULL`;
    return state!;
  }

  /** The next mail that is due. Undefined when there is none, or while another instance is sending. */
  async lease(instanceId: string): Promise<LeasedEmail | undefined> {
    return this.db.$transaction(async (tx) => {
      // One after the other; the next statement then sees what the one before has leased.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${advisoryLocks.mailSender}::bigint)`;
      const now = databaseNow(this.clock);
      const [mail] = await tx.$queryRaw<LeasedEmail[]>`
        UPDATE mail_outbox o
        SET leased_by = ${instanceId}::uuid, leased_until = ${now} + ${leaseSeconds}::int * interval '1 second',
          attempts = attempts + 1
        WHERE id = (
          SELECT id FROM mail_outbox
          WHERE sent_at IS NULL AND next_attempt_at <= ${now} AND (leased_until IS NULL OR leased_until <= ${now})
          ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
          AND NOT EXISTS (SELECT FROM mail_outbox WHERE leased_until > ${now} AND leased_by <> ${instanceId}::uuid)
        RETURNING id, letter AS template, recipient, user_id AS "userId", state_hash AS "stateHash", locale, attempts,
          extract(epoch FROM ${now} - created_at)::float8 AS "ageSeconds",
          EXISTS (
            SELECT FROM mail_outbox earlier
            WHERE earlier.recipient = o.recipient AND earlier.letter = o.letter AND earlier.id <> o.id
              AND earlier.user_id IS NOT DISTINCT FROM o.user_id
              AND (earlier.sent_at > ${now} - interval '1 minute' OR earlier.leased_until > ${now})) AS repeated`;
      return mail;
    });
  }

  /** For what takes longer than a lease. */
  async renew(ids: readonly string[], instanceId: string): Promise<void> {
    await this.db.$executeRaw`
      UPDATE mail_outbox SET leased_until = ${databaseNow(this.clock)} + ${leaseSeconds}::int * interval '1 second'
      WHERE id = ANY (${[...ids]}::uuid[]) AND leased_by = ${instanceId}::uuid`;
  }

  /** Whoever's the lease is: it has been sent. */
  async markSent(id: string): Promise<void> {
    await this.db.$executeRaw`
      UPDATE mail_outbox SET sent_at = ${databaseNow(this.clock)}, leased_by = NULL, leased_until = NULL
      WHERE id = ${id}::uuid`;
  }

  /** To be tried again after so long, by whichever instance. Nothing, once the lease is another's. */
  async postpone(id: string, instanceId: string, seconds: number): Promise<void> {
    await this.db.$executeRaw`
      UPDATE mail_outbox SET leased_by = NULL, leased_until = NULL,
        next_attempt_at = ${databaseNow(this.clock)} + ${seconds}::float8 * interval '1 second'
      WHERE id = ${id}::uuid AND leased_by = ${instanceId}::uuid`;
  }

  /** As `postpone`, for good. */
  async remove(id: string, instanceId: string): Promise<void> {
    await this.db.$executeRaw`
      DELETE FROM mail_outbox WHERE id = ${id}::uuid AND leased_by = ${instanceId}::uuid`;
  }

  /** Deletes the emails that use one of the templates and go to the recipient or are about the user, sent or not. */
  async discardEmails(
    { templates, recipient, userId }: { templates: readonly string[]; recipient: string; userId?: string },
    db: Pick<Prisma.TransactionClient, '$executeRaw'>,
  ): Promise<void> {
    await db.$executeRaw`
      DELETE FROM mail_outbox
      WHERE letter = ANY (${[...templates]}::text[]) AND (recipient = ${recipient} OR user_id = ${userId ?? null}::uuid)`;
  }

  /** The emails to one address that wait or were sent within the last hour, oldest first. */
  emailsTo(recipient: string): Promise<EmailRecord[]> {
    return this.db.$queryRaw<EmailRecord[]>`
      SELECT letter, recipient, created_at, sent_at FROM mail_outbox WHERE recipient = ${recipient} ORDER BY id`;
  }

  /** Sent emails are kept for an hour, to know who not to write to again at once. Returns how many were deleted. */
  deleteSent(signal?: AbortSignal): Promise<number> {
    const until = Prisma.sql`${databaseNow(this.clock)} - ${keptAfterSendingHours}::int * interval '1 hour'`;
    return deleteInBatches(
      { db: this.db, lock: advisoryLocks.mailCleanup, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM mail_outbox WHERE id IN (
          SELECT id FROM mail_outbox WHERE sent_at <= ${until} LIMIT ${rows}::int)`,
    );
  }
}
