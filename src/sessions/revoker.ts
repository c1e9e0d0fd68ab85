import { Inject, Injectable } from '@nestjs/common';
import type { AuditActor, AuditEvent } from '../audit/audit-event.js';
import type { AuditedStatement } from '../audit/audit-log.js';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../common/clock.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { liveSessionsOf } from './live-sessions.js';
import { Revocations } from './revocations.js';
import type { RevocationEntry } from './revoked-tokens.js';

/** Why a session ended, stored in `sessions.revoked_reason`. */
export type RevokedReason =
  | 'logout'
  | 'logout_all'
  | 'replaced'
  | 'reuse'
  | 'revoked'
  | 'limit'
  | 'disabled'
  | 'admin'
  | 'password_changed'
  | 'password_reset'
  | 'factor_changed'
  | 'email_changed'
  | 'token_revoked'
  | 'client_deleted';

/** How many rows one statement ends, if there may be many. */
const batchRows = 5000;
/**
 * A session that expired longer ago needs no end: its access tokens expired with it. Less than that is left to the clocks, which
 * may differ.
 */
const expiredSecondsAgo = 60 * 60;

interface RevocationColumns {
  userId: string;
  sessionId: string;
  minEpoch: number;
  clientId: string;
}

/** What work inside `Revoker.inTransaction` can do besides its own statements. */
export interface RevokingTransaction {
  readonly db: Prisma.TransactionClient;
  /** Refuses every access token of the user whose epoch is below `minEpoch`. */
  readonly refuseTokensBelow: (userId: string, minEpoch: number) => Promise<void>;
  /** Refuses every access token that was issued to the OAuth client, for users and for itself. */
  readonly refuseTokensOfClient: (clientId: string) => Promise<void>;
  /** Ends every live session of the user but `except`. Update the user's own row first, so that locks are taken in one order. */
  readonly endSessionsOf: (userId: string, reason: RevokedReason, except?: string) => Promise<void>;
}

/** Ends sessions and refuses access tokens. The commit makes it durable and notifies every other instance. */
@Injectable()
export class Revoker {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    @Inject(Revocations) private readonly revocations: Pick<Revocations, 'remember'>,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Runs `work` in one transaction. What it revokes takes effect here right after the commit, and on the other instances
   * when its notification arrives. `timeoutMs` is for work of many statements.
   */
  async inTransaction<T>(work: (revoking: RevokingTransaction) => Promise<T>, timeoutMs?: number): Promise<T> {
    const entries: RevocationEntry[] = [];
    const options = timeoutMs === undefined ? {} : { timeout: timeoutMs };
    const result = await this.db.$transaction((tx) => {
      const refuse = async (entry: RevocationEntry) => {
        entries.push(entry);
        await this.refuse(tx, entry);
      };
      return work({
        db: tx,
        refuseTokensBelow: (userId, minEpoch) => refuse({ userId, minEpoch }),
        refuseTokensOfClient: (clientId) => refuse({ clientId }),
        endSessionsOf: async (userId, reason, except) => {
          entries.push(...(await this.endSessionsOf(tx, userId, reason, except)));
        },
      });
    }, options);
    this.revocations.remember(entries);
    return result;
  }

  /** Ends one session, and audits it. Returns false if it was not live. */
  async endSession(userId: string, sessionId: string, reason: RevokedReason, actor: AuditActor = {}): Promise<boolean> {
    const one = Prisma.sql`user_id = ${userId}::uuid AND id = ${sessionId}::uuid AND revoked_at IS NULL`;
    const audited = this.audit.within(endOf(userId, sessionId, reason, actor));
    const ended = await this.end(this.db, one, reason, audited);
    this.revocations.remember(ended);
    if (ended.length > 0) audited.done();
    return ended.length > 0;
  }

  /** Refuses one token of a service, which has no session, and audits it. */
  async refuseToken(tokenId: string, actor: AuditActor): Promise<void> {
    const entry = { sessionId: tokenId };
    await this.db.$transaction(async (tx) => {
      await this.refuse(tx, entry);
      await this.audit.record({ event: 'token.revoked', ...actor, details: { jti: tokenId } }, tx);
    });
    this.revocations.remember([entry]);
  }

  /**
   * Ends the sessions of an OAuth client in batches, because no statement may run long. `refuseTokensOfClient` has refused
   * their tokens before, so no session needs an entry of its own. The rows are locked where they are found: a second condition
   * on `revoked_at` led to a plan that read all live sessions of the user for each of them.
   */
  async endSessionsOfClient(clientId: string, reason: RevokedReason): Promise<void> {
    let ended: number;
    do {
      ended = await this.db.$executeRaw`
        UPDATE sessions SET revoked_at = ${databaseNow(this.clock)}, revoked_reason = ${reason}
        WHERE (user_id, id) IN (
          SELECT user_id, id FROM sessions WHERE client_id = ${clientId} AND revoked_at IS NULL
          LIMIT ${batchRows}::int FOR UPDATE)`;
    } while (ended > 0);
  }

  /** In batches, and locked where they are found: see `endSessionsOfClient`. However many have expired, it does not read them. */
  private async endSessionsOf(
    tx: Prisma.TransactionClient,
    userId: string,
    reason: RevokedReason,
    except?: string,
  ): Promise<RevocationEntry[]> {
    const since = Prisma.sql`${databaseNow(this.clock)} - ${expiredSecondsAgo}::float8 * interval '1 second'`;
    const live = liveSessionsOf(userId, since, batchRows, except);
    const found = Prisma.sql`user_id = ${userId}::uuid AND id = ANY (ARRAY(SELECT id FROM (${live}) live FOR UPDATE))`;
    const entries: RevocationEntry[] = [];
    let ended: RevocationEntry[];
    do {
      ended = await this.end(tx, found, reason);
      entries.push(...ended);
    } while (ended.length > 0); // A full batch has fewer rows if another request has just ended some of them.
    return entries;
  }

  /** Inserts the entry. A trigger notifies the instances with the commit. */
  private async refuse(db: Pick<Prisma.TransactionClient, '$executeRaw'>, entry: RevocationEntry): Promise<void> {
    const { userId, sessionId, minEpoch, clientId }: Partial<RevocationColumns> = entry;
    await db.$executeRaw`
      INSERT INTO revocations (user_id, session_id, min_epoch, client_id, revoked_at)
      VALUES (${userId ?? null}::uuid, ${sessionId ?? null}::uuid, ${minEpoch ?? null}::int, ${clientId ?? null},
        ${databaseNow(this.clock)})`;
  }

  /**
   * Ends sessions that are not revoked in one statement, which also inserts the entries that refuse their access tokens and
   * the audit row. A trigger notifies the instances with the commit.
   */
  private end(
    db: Pick<Prisma.TransactionClient, '$queryRaw'>,
    which: Prisma.Sql,
    reason: RevokedReason,
    audited?: AuditedStatement,
  ): Promise<{ sessionId: string }[]> {
    const audit = audited ? Prisma.sql`, audited AS (${audited.insertion(Prisma.sql`ended`)})` : Prisma.empty;
    return db.$queryRaw`
      WITH ended AS (
        UPDATE sessions SET revoked_at = ${databaseNow(this.clock)}, revoked_reason = ${reason}
        WHERE ${which}
        RETURNING user_id, id, revoked_at),
      kept AS (
        INSERT INTO revocations (user_id, session_id, revoked_at)
        SELECT user_id, id, revoked_at FROM ended
        RETURNING session_id)${audit}
      SELECT session_id AS "sessionId" FROM kept`;
  }
}

/** The audit event of a session's end. */
function endOf(subjectUserId: string, sessionId: string, reason: RevokedReason, actor: AuditActor): AuditEvent {
  if (reason === 'reuse') return { event: 'session.reused', ...actor, subjectUserId, sessionId };
  return { event: 'session.revoked', ...actor, subjectUserId, sessionId, details: { reason } };
}
