import { Subject } from 'rxjs';
import type { Clock } from '../../common/clock.js';
import { deleteInBatches } from '../delete-in-batches.js';
import { Prisma } from '../generated/client.js';
import { databaseNow } from '../now.js';
import type { PrismaService } from '../prisma.service.js';

/** An item that this instance alone may deliver until its lease ends. */
export interface LeasedItem {
  id: string;
  /** Attempts begun, including this one. */
  attempts: number;
  /** Since it was queued. */
  ageSeconds: number;
}

export interface OutboxState {
  /** Items that wait or are being delivered. */
  waiting: number;
  /** Those of them that are due. */
  due: number;
  /** How long the oldest of them has been waiting. */
  oldestSeconds: number;
}

export interface OutboxDefinition {
  /** Has the columns id, created_at, next_attempt_at, attempts, leased_by, leased_until and sent_at, and the payload's. */
  table: string;
  /** The payload of a leased item, as a list of SQL expressions over the row `o`. */
  payload: (now: Prisma.Sql) => Prisma.Sql;
  /** Advisory locks: one held while an item is leased, one during the clean-up. */
  locks: { lease: number; cleanup: number };
  /** How long an item is kept after it was delivered. */
  keptHours: number;
}

/** Renewed during a delivery. Other instances take over this long after an instance has died. */
export const leaseSeconds = 90;

/**
 * Items to be delivered at least once, in a table of the caller. Insert an item in the transaction of the action that it
 * reports: it is then delivered exactly if that transaction commits, and survives the instance that queued it.
 */
export class OutboxTable<Item extends LeasedItem> {
  /** Emits when this instance queues an item. Its transaction may not be committed yet. */
  readonly added = new Subject<void>();
  private readonly table: Prisma.Sql;

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly definition: OutboxDefinition,
  ) {
    this.table = Prisma.raw(`"${definition.table}"`);
  }

  async readState(): Promise<OutboxState> {
    const now = this.now();
    const [state] = await this.db.$queryRaw<OutboxState[]>`
      SELECT count(*)::int AS waiting, count(*) FILTER (WHERE next_attempt_at <= ${now})::int AS due,
        coalesce(extract(epoch FROM ${now} - min(created_at)), 0)::float8 AS "oldestSeconds"
      FROM ${this.table} WHERE sent_at IS NULL`;
    return state!;
  }

  /** Leases the next item that is due. Returns undefined if there is none, or while another instance holds any lease. */
  async leaseNext(instanceId: string): Promise<Item | undefined> {
    return this.db.$transaction(async (tx) => {
      // Serialises the statement below, so that it sees every earlier lease.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${this.definition.locks.lease}::bigint)`;
      const now = this.now();
      const [item] = await tx.$queryRaw<Item[]>`
        UPDATE ${this.table} o
        SET leased_by = ${instanceId}::uuid, leased_until = ${now} + ${leaseSeconds}::int * interval '1 second',
          attempts = attempts + 1
        WHERE id = (
          SELECT id FROM ${this.table}
          WHERE sent_at IS NULL AND next_attempt_at <= ${now} AND (leased_until IS NULL OR leased_until <= ${now})
          ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
          AND NOT EXISTS (SELECT FROM ${this.table} WHERE leased_until > ${now} AND leased_by <> ${instanceId}::uuid)
        RETURNING id, attempts, extract(epoch FROM ${now} - created_at)::float8 AS "ageSeconds",
          ${this.definition.payload(now)}`;
      return item;
    });
  }

  /** Extends the leases that this instance still holds. */
  async renewLeases(ids: readonly string[], instanceId: string): Promise<void> {
    await this.db.$executeRaw`
      UPDATE ${this.table} SET leased_until = ${this.now()} + ${leaseSeconds}::int * interval '1 second'
      WHERE id = ANY (${[...ids]}::uuid[]) AND leased_by = ${instanceId}::uuid`;
  }

  /** Whichever instance holds the lease by now: the item has been delivered. */
  async markSent(id: string): Promise<void> {
    await this.db.$executeRaw`
      UPDATE ${this.table} SET sent_at = ${this.now()}, leased_by = NULL, leased_until = NULL WHERE id = ${id}::uuid`;
  }

  /** Ends the lease and makes the item due again later. Does nothing if another instance holds the lease. */
  async postpone(id: string, instanceId: string, seconds: number): Promise<void> {
    await this.db.$executeRaw`
      UPDATE ${this.table} SET leased_by = NULL, leased_until = NULL,
        next_attempt_at = ${this.now()} + ${seconds}::float8 * interval '1 second'
      WHERE id = ${id}::uuid AND leased_by = ${instanceId}::uuid`;
  }

  /** Deletes the item. Does nothing if another instance holds the lease. */
  async discard(id: string, instanceId: string): Promise<void> {
    await this.db.$executeRaw`
      DELETE FROM ${this.table} WHERE id = ${id}::uuid AND leased_by = ${instanceId}::uuid`;
  }

  /** Deletes the items that were delivered long enough ago. Returns how many. */
  deleteSent(signal?: AbortSignal): Promise<number> {
    const { locks, keptHours } = this.definition;
    return deleteInBatches(
      { db: this.db, lock: locks.cleanup, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM ${this.table} WHERE id IN (
          SELECT id FROM ${this.table}
          WHERE sent_at <= ${this.now()} - ${keptHours}::int * interval '1 hour' LIMIT ${rows}::int)`,
    );
  }

  private now(): Prisma.Sql {
    return databaseNow(this.clock);
  }
}
