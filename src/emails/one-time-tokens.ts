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
import { currentState } from '../users/user-state.js';
import type { LinkPurpose } from './email-templates.js';
import { linkMinutes } from './email-templates.js';
import type { StoredCode } from './sign-in-codes.js';
import { SignInCodes } from './sign-in-codes.js';

const tokenBytes = 32;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const cleanUpIntervalMs = 10 * 60_000;

/** What a token may do, and for whom. */
export interface OneTimeToken {
  purpose: LinkPurpose;
  userId: string;
  /** The address it was sent to. */
  sentTo: string;
  /** The user's address now. */
  email: string;
  emailVerified: boolean;
  name: string | null;
  /** The session that asked for it, if that is known. */
  sessionId: string | null;
}

interface NewToken {
  purpose: LinkPurpose;
  userId: string;
  sentTo: string;
  requestedState: Uint8Array | null;
  sessionId: string | null;
  code?: StoredCode;
}

/** A token that its use does not delete. */
export interface KeptToken extends OneTimeToken {
  used: boolean;
}

/**
 * The tokens of links in emails: 256 random bits, stored as their hash, for one purpose and a short time. A token works only
 * while its user's address, password and epoch are as they were, so a new password or a sign-out everywhere voids all of them.
 */
@Injectable()
export class OneTimeTokens {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly codes: SignInCodes,
    jobs: PeriodicJobs,
  ) {
    const name = 'the clean-up of one-time tokens';
    jobs.add({ name, everyMs: cleanUpIntervalMs, run: (signal) => this.deleteExpired(signal) });
  }

  /**
   * Creates a token, which only the email will contain. Returns undefined if the user does not exist or is disabled, if the
   * address is no longer the user's, or if the user's state is no longer `requestedState` (`userStateHash` at the request).
   */
  async createToken(
    purpose: LinkPurpose,
    userId: string,
    sentTo: string,
    requestedState: Uint8Array | null,
    sessionId: string | null = null,
  ): Promise<string | undefined> {
    const token = randomBytes(tokenBytes).toString('base64url');
    return (await this.insert(token, { purpose, userId, sentTo, requestedState, sessionId })) ? token : undefined;
  }

  /** As `createToken`, for an email that also has a code (see SignInCodes). */
  async createSignInToken(userId: string, sentTo: string): Promise<{ token: string; code: string } | undefined> {
    const token = randomBytes(tokenBytes).toString('base64url');
    const { code, stored } = this.codes.draw(hashOf(token));
    const row = { purpose: 'sign_in', userId, sentTo, requestedState: null, sessionId: null, code: stored } as const;
    return (await this.insert(token, row)) ? { token, code } : undefined;
  }

  private async insert(
    token: string,
    { purpose, userId, sentTo, requestedState, sessionId, code }: NewToken,
  ): Promise<boolean> {
    const now = databaseNow(this.clock);
    const created = await this.db.$executeRaw`
      INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, state_hash, created_at, expires_at,
        session_id, code_hash, code_key_id)
      SELECT ${hashOf(token)}, ${purpose}, u.id, ${sentTo}, ${currentState}, ${now},
        ${now} + ${linkMinutes[purpose]}::int * interval '1 minute', ${sessionId}::uuid,
        ${code?.codeHash ?? null}::bytea, ${code?.codeKeyId ?? null}::bytea
      FROM users u
      WHERE u.id = ${userId}::uuid AND NOT u.disabled AND (${purpose} = 'change_email' OR u.email = ${sentTo})
        AND coalesce(${requestedState}::bytea = ${currentState}, true)`;
    return created === 1;
  }

  /** Returns undefined if the token is unknown, used or expired, or if its user has changed. Does not use it up. */
  async find(token: string, ...purposes: LinkPurpose[]): Promise<OneTimeToken | undefined> {
    const found = await this.findKept(token, ...purposes);
    return found?.used ? undefined : found;
  }

  /** As `find`, but also returns a used token that is kept (see `markUsed`). */
  async findKept(token: string, ...purposes: LinkPurpose[]): Promise<KeptToken | undefined> {
    return tokenShape.test(token) ? this.select(this.db, hashOf(token), purposes, Prisma.empty) : undefined;
  }

  /**
   * As `find`, and deletes the token if the caller's transaction commits. One of several concurrent calls gets it. Locks the
   * user's row, so that the user does not change meanwhile.
   */
  async take(
    db: Prisma.TransactionClient,
    token: string,
    ...purposes: LinkPurpose[]
  ): Promise<OneTimeToken | undefined> {
    return tokenShape.test(token) ? this.takeByHash(db, hashOf(token), ...purposes) : undefined;
  }

  /** As `take`, for the token whose code was right (see SignInCodes). */
  async takeByHash(
    db: Prisma.TransactionClient,
    tokenHash: Uint8Array,
    ...purposes: LinkPurpose[]
  ): Promise<OneTimeToken | undefined> {
    // Locks the user first, as the deletion of a user does. A concurrent call still sees the token, but deletes nothing.
    const found = await this.select(db, tokenHash, purposes, Prisma.sql`FOR UPDATE OF u`);
    if (!found || found.used) return undefined;
    const deleted = await db.$executeRaw`DELETE FROM one_time_tokens WHERE token_hash = ${tokenHash}`;
    return deleted === 1 ? found : undefined;
  }

  /**
   * As `find`, but also returns a used token if its user has not changed since then. Locks the user's row. A token that is not
   * deleted by its use ends with `markUsed`.
   */
  async lockKept(
    db: Prisma.TransactionClient,
    token: string,
    ...purposes: LinkPurpose[]
  ): Promise<KeptToken | undefined> {
    if (!tokenShape.test(token)) return undefined;
    const look = () => this.select(db, hashOf(token), purposes, Prisma.sql`FOR UPDATE OF u`);
    // The second look sees what a concurrent use has committed while the first one waited for the lock.
    return (await look()) ?? look();
  }

  /** Keeps a used token until it expires, bound to the user as its use left it. Returns false if it was used before. */
  async markUsed(db: Prisma.TransactionClient, token: string): Promise<boolean> {
    const marked = await db.$executeRaw`
      UPDATE one_time_tokens t SET used_at = ${databaseNow(this.clock)}, state_hash = ${currentState}
      FROM users u WHERE u.id = t.user_id AND t.token_hash = ${hashOf(token)} AND t.used_at IS NULL`;
    return marked === 1;
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
    tokenHash: Uint8Array,
    purposes: LinkPurpose[],
    locking: Prisma.Sql,
  ): Promise<KeptToken | undefined> {
    // Looked up by its hash, so the time that the index takes reveals nothing about a token.
    const [row] = await db.$queryRaw<KeptToken[]>`
      SELECT t.purpose, t.user_id AS "userId", t.email AS "sentTo", u.email,
        u.email_verified AS "emailVerified", u.name, t.session_id AS "sessionId", t.used_at IS NOT NULL AS used
      FROM one_time_tokens t JOIN users u ON u.id = t.user_id
      WHERE t.token_hash = ${tokenHash} AND t.purpose IN (${Prisma.join(purposes)})
        AND t.expires_at > ${databaseNow(this.clock)} AND t.state_hash = ${currentState}
        AND NOT u.disabled AND (t.purpose = 'change_email' OR u.email = t.email)
      ${locking}`;
    return row;
  }
}

/** The hash of its spelling, because two spellings of base64url can mean the same bytes. */
function hashOf(token: string): Buffer {
  return sha256(Buffer.from(token));
}
