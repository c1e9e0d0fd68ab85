import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { sha256 } from '../secrets/bytes.js';
import type { LinkPurpose } from './email-templates.js';
import { linkMinutes } from './email-templates.js';

const tokenBytes = 32;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const cleanUpIntervalMs = 10 * 60_000;

/** What a token is good for, and for whom. */
export interface OneTimeToken {
  purpose: LinkPurpose;
  userId: string;
  /** The address it was sent to. */
  sentTo: string;
  /** The user's address now. */
  email: string;
  name: string | null;
}

/**
 * The tokens of links in mails: 256 random bits, kept as their hash, good once, for one purpose and a short time, and only
 * while what they would change is as it was: a new password makes every older link for one useless.
 */
@Injectable()
export class OneTimeTokens {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    jobs: PeriodicJobs,
  ) {
    const name = 'the clean-up of one-time tokens';
    jobs.add({ name, everyMs: cleanUpIntervalMs, run: (signal) => this.deleteExpired(signal) });
  }

  /**
   * A new token, that the mail alone will hold. Undefined when there is no such user, or a disabled one; when the address is
   * not the user's any more; or when the state is not `askedIn`, the one in which it was asked for.
   */
  async draw(
    purpose: LinkPurpose,
    userId: string,
    sentTo: string,
    askedIn: Uint8Array | null,
  ): Promise<string | undefined> {
    const token = randomBytes(tokenBytes).toString('base64url');
    const now = databaseNow(this.clock);
    const drawn = await this.db.$executeRaw`
      INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, state_hash, created_at, expires_at)
      SELECT ${hashOf(token)}, ${purpose}, u.id, ${sentTo}, ${stateOf(Prisma.sql`${purpose}`)}, ${now},
        ${now} + ${linkMinutes[purpose]}::int * interval '1 minute'
      FROM users u
      WHERE u.id = ${userId}::uuid AND NOT u.disabled AND (${purpose} = 'change_email' OR u.email = ${sentTo})
        AND coalesce(${askedIn}::bytea = ${stateOf(Prisma.sql`${purpose}`)}, true)`;
    return drawn === 1 ? token : undefined;
  }

  /** What it is good for; undefined for one that is unknown, used, expired, or whose state is gone. Uses nothing up. */
  find(token: string, ...purposes: LinkPurpose[]): Promise<OneTimeToken | undefined> {
    return this.select(this.db, token, purposes, Prisma.empty);
  }

  /**
   * As `find`, and uses it up if the caller's transaction is committed: of two at once, one is given it. The user's row is
   * locked until then, so that what it was good for stays so.
   */
  async take(
    db: Prisma.TransactionClient,
    token: string,
    ...purposes: LinkPurpose[]
  ): Promise<OneTimeToken | undefined> {
    // The user first, as whoever deletes a user does. Who comes second sees the token still, and deletes nothing.
    const found = await this.select(db, token, purposes, Prisma.sql`FOR UPDATE OF u`);
    if (!found) return undefined;
    const deleted = await db.$executeRaw`DELETE FROM one_time_tokens WHERE token_hash = ${hashOf(token)}`;
    return deleted === 1 ? found : undefined;
  }

  /** Returns how many were deleted; 0 also if another instance is doing it. */
  deleteExpired(signal?: AbortSignal): Promise<number> {
    return deleteInBatches(
      { db: this.db, lock: advisoryLocks.tokenCleanup, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM one_time_tokens WHERE token_hash IN (
          SELECT token_hash FROM one_time_tokens WHERE expires_at <= ${databaseNow(this.clock)} LIMIT ${rows}::int)`,
    );
  }

  private async select(
    db: Pick<Prisma.TransactionClient, '$queryRaw'>,
    token: string,
    purposes: LinkPurpose[],
    locking: Prisma.Sql,
  ): Promise<OneTimeToken | undefined> {
    if (!tokenShape.test(token)) return undefined;
    // By its hash: the time that an index takes tells nothing of a token.
    const [row] = await db.$queryRaw<OneTimeToken[]>`
      SELECT t.purpose, t.user_id AS "userId", t.email AS "sentTo", u.email, u.name
      FROM one_time_tokens t JOIN users u ON u.id = t.user_id
      WHERE t.token_hash = ${hashOf(token)} AND t.purpose IN (${Prisma.join(purposes)})
        AND t.expires_at > ${databaseNow(this.clock)} AND t.state_hash = ${stateOf(Prisma.sql`t.purpose`)}
        AND NOT u.disabled AND (t.purpose = 'change_email' OR u.email = t.email)
      ${locking}`;
    return row;
  }
}

/** Of its spelling, since two spellings of base64url can stand for the same bytes. */
function hashOf(token: string): Buffer {
  return sha256(Buffer.from(token));
}

/** The state of a user, as a token for a new password or address depends on it. */
export function userStateHash({ email, passwordHash }: { email: string; passwordHash: string }): Buffer {
  return sha256(Buffer.from(`${email} ${passwordHash}`));
}

/**
 * What must be as it was for a token of the purpose to be good, in SQL; for a new password or address the same as
 * `userStateHash`. An address cannot hold the space between the two.
 */
function stateOf(purpose: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`sha256(convert_to(
    CASE WHEN ${purpose}::text = 'verify_email' THEN u.email ELSE u.email || ' ' || u.password_hash END, 'UTF8'))`;
}
