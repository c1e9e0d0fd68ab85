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

/** What a token allows, and for which user. */
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
 * Tokens of links in emails: 256 random bits, stored as a hash. Each works once, for one purpose and a short time, and only
 * while what it would change has not changed: a new password voids all earlier reset links.
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
   * Creates a token. Returns undefined if the user does not exist or is disabled, if the address is no longer the user's, or
   * if the user's state is not `requestedState`.
   */
  async createToken(
    purpose: LinkPurpose,
    userId: string,
    sentTo: string,
    requestedState: Uint8Array | null,
  ): Promise<string | undefined> {
    const token = randomBytes(tokenBytes).toString('base64url');
    const now = databaseNow(this.clock);
    const created = await this.db.$executeRaw`
      INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, state_hash, created_at, expires_at)
      SELECT ${hashOf(token)}, ${purpose}, u.id, ${sentTo}, ${stateOf(Prisma.sql`${purpose}`)}, ${now},
        ${now} + ${linkMinutes[purpose]}::int * interval '1 minute'
      FROM users u
      WHERE u.id = ${userId}::uuid AND NOT u.disabled AND (${purpose} = 'change_email' OR u.email = ${sentTo})
        AND coalesce(${requestedState}::bytea = ${stateOf(Prisma.sql`${purpose}`)}, true)`;
    return created === 1 ? token : undefined;
  }

  /** Reads a token without using it up. Returns undefined if it is unknown, used, expired or void. */
  find(token: string, ...purposes: LinkPurpose[]): Promise<OneTimeToken | undefined> {
    return this.select(this.db, token, purposes, Prisma.empty);
  }

  /**
   * Reads a token and uses it up when the caller's transaction commits. Of two concurrent calls only one gets it. The user's
   * row is locked until then, so that the user's state cannot change.
   */
  async take(
    db: Prisma.TransactionClient,
    token: string,
    ...purposes: LinkPurpose[]
  ): Promise<OneTimeToken | undefined> {
    // Locks the user first, as the deletion of a user does. A concurrent second call still reads the token, but deletes nothing.
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
    // Looked up by its hash, so that the timing of the index reveals nothing about tokens.
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

/** Hashes the text, because two texts in base64url can stand for the same bytes. */
function hashOf(token: string): Buffer {
  return sha256(Buffer.from(token));
}

/** A hash of the state that a token for a new password or address depends on. */
export function userStateHash({ email, passwordHash }: { email: string; passwordHash: string }): Buffer {
  return sha256(Buffer.from(`${email} ${passwordHash}`));
}

/**
 * A hash, as SQL, of the state that must not change while a token of the purpose is valid. For a new password or address it
 * equals `userStateHash`. An email address cannot contain the space between the two parts.
 */
function stateOf(purpose: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`sha256(convert_to(
    CASE WHEN ${purpose}::text = 'verify_email' THEN u.email ELSE u.email || ' ' || u.password_hash END, 'UTF8'))`;
}
