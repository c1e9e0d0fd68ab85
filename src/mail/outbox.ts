import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
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
import type { Letter } from '../emails/email-templates.js';

/** A mail to be sent. */
export interface NewMail {
  letter: Letter;
  recipient: string;
  /** Whose act it is about, where the recipient's address does not tell. */
  userId?: string;
  /** For `confirm_new_email`: the user's state when it was asked for (userStateHash). */
  stateHash?: Uint8Array;
  /** The language of the request. */
  locale: Locale;
}

/** A mail that this instance is to send, and nobody else until the lease ends. */
export interface LeasedMail {
  id: string;
  letter: Letter;
  recipient: string;
  userId: string | null;
  stateHash: Uint8Array | null;
  locale: string;
  /** Begun attempts, this one included. */
  attempts: number;
  /** Since it was written down. */
  ageSeconds: number;
  /** The same letter about the same user went to the same address less than a minute ago, or is on its way. */
  repeated: boolean;
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
const cleanUpIntervalMs = 10 * 60_000;

/**
 * The mails that wait to be sent, in the database: written down in the transaction of the act that they tell of, so that
 * there is none for an act that did not happen, and none is lost with the instance that wrote it down.
 */
@Injectable()
export class Outbox {
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

  /** Throws `mail_not_configured`, for what is of no use without mail. */
  require(): void {
    if (!this.enabled) throw new ApiError('mail_not_configured', 'SMTP_URL is not set');
  }

  /** One INSERT, whoever the recipient is: whether there is such a user is asked when it is sent. */
  async add(
    { letter, recipient, userId, stateHash, locale }: NewMail,
    db: Pick<Prisma.TransactionClient, '$executeRaw'> = this.db,
  ): Promise<void> {
    if (!this.enabled) return;
    const now = databaseNow(this.clock);
    await db.$executeRaw`
      INSERT INTO mail_outbox (id, letter, recipient, user_id, state_hash, locale, created_at, next_attempt_at)
      VALUES (${newId()}::uuid, ${letter}, ${recipient}, ${userId ?? null}::uuid, ${stateHash ?? null}::bytea, ${locale},
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
  async lease(instanceId: string): Promise<LeasedMail | undefined> {
    return this.db.$transaction(async (tx) => {
      // One after the other; the next statement then sees what the one before has leased.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${advisoryLocks.mailSender}::bigint)`;
      const now = databaseNow(this.clock);
      const [mail] = await tx.$queryRaw<LeasedMail[]>`
        UPDATE mail_outbox o
        SET leased_by = ${instanceId}::uuid, leased_until = ${now} + ${leaseSeconds}::int * interval '1 second',
          attempts = attempts + 1
        WHERE id = (
          SELECT id FROM mail_outbox
          WHERE sent_at IS NULL AND next_attempt_at <= ${now} AND (leased_until IS NULL OR leased_until <= ${now})
          ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
          AND NOT EXISTS (SELECT FROM mail_outbox WHERE leased_until > ${now} AND leased_by <> ${instanceId}::uuid)
        RETURNING id, letter, recipient, user_id AS "userId", state_hash AS "stateHash", locale, attempts,
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

  /** Once the password has changed: the links for a new one are dead, so the next one that is asked for is no repetition. */
  async forgetResets(recipient: string, db: Pick<Prisma.TransactionClient, '$executeRaw'>): Promise<void> {
    await db.$executeRaw`DELETE FROM mail_outbox WHERE recipient = ${recipient} AND letter = 'reset_password'`;
  }

  /** What was sent is kept for an hour, to know whom not to write to again at once. */
  @Interval(cleanUpIntervalMs)
  async deleteSent(): Promise<void> {
    const until = Prisma.sql`${databaseNow(this.clock)} - ${keptAfterSendingHours}::int * interval '1 hour'`;
    await deleteInBatches(
      (rows) => this.db.$executeRaw`
        DELETE FROM mail_outbox WHERE id IN (
          SELECT id FROM mail_outbox WHERE sent_at <= ${until} LIMIT ${rows}::int)`,
    );
  }
}
