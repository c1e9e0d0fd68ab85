import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../database/generated/client.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { StoredAuditEvent } from '../audit-trail.js';
import { storedColumns } from '../audit-trail.js';
import type { SealedBatch } from './chain.js';

/** A position in the list of events: after this one. */
export interface EventPosition {
  batchId: bigint;
  id: string;
}

/** The database, or a transaction. */
export type Db = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw' | 'auditBatch'>;

const lastUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Reads and writes the chain in the database. */
@Injectable()
export class AuditBatches {
  constructor(private readonly db: PrismaService) {}

  last(db: Db = this.db): Promise<SealedBatch | null> {
    return db.auditBatch.findFirst({ orderBy: { id: 'desc' } });
  }

  find(id: bigint, db: Db = this.db): Promise<SealedBatch | null> {
    return db.auditBatch.findUnique({ where: { id } });
  }

  /** The oldest batches after `id`. */
  pageAfter(id: bigint, limit: number, db: Db = this.db): Promise<SealedBatch[]> {
    return db.auditBatch.findMany({ where: { id: { gt: id } }, orderBy: { id: 'asc' }, take: limit });
  }

  /** Events that no batch covers, in the order of their ids. */
  unsealed(limit: number, db: Db): Promise<StoredAuditEvent[]> {
    return db.$queryRaw`
      SELECT ${storedColumns} FROM audit_events WHERE batch_id IS NULL ORDER BY id LIMIT ${limit}::int`;
  }

  /** Adds a batch of these events. */
  async append(
    { eventsDigest, previousDigest, keyId, seal, ...batch }: SealedBatch,
    ids: string[],
    db: Db,
  ): Promise<void> {
    await db.auditBatch.create({
      data: {
        ...batch,
        eventsDigest: new Uint8Array(eventsDigest),
        previousDigest: previousDigest && new Uint8Array(previousDigest),
        keyId: new Uint8Array(keyId),
        seal: new Uint8Array(seal),
      },
      select: { id: true },
    });
    const taken = await db.$executeRaw`
      UPDATE audit_events SET batch_id = ${batch.id}::bigint WHERE id = ANY(${ids}::uuid[]) AND batch_id IS NULL`;
    if (taken !== ids.length)
      throw new Error(`${ids.length - taken} audit events vanished while they were being sealed`);
  }

  async deleteThrough(id: bigint, db: Db): Promise<void> {
    await db.$executeRaw`DELETE FROM audit_events WHERE batch_id <= ${id}::bigint`;
    await db.auditBatch.deleteMany({ where: { id: { lte: id } } });
  }

  /** Events after a position with a batch number up to `throughBatch`, in the order of number and id. */
  eventsAfter(after: EventPosition, throughBatch: bigint, limit: number, db: Db): Promise<StoredAuditEvent[]> {
    return db.$queryRaw`
      SELECT ${storedColumns} FROM audit_events
      WHERE (batch_id, id) > (${after.batchId}::bigint, ${after.id}::uuid) AND batch_id <= ${throughBatch}::bigint
      ORDER BY batch_id, id LIMIT ${limit}::int`;
  }

  /** Counts the events that are not sealed yet. */
  async waiting(db: Db): Promise<{ count: number; oldestAt: Date | null }> {
    const [waiting] = await db.$queryRaw<{ count: number; oldestAt: Date | null }[]>`
      SELECT count(*)::int AS count, min(created_at) AS "oldestAt" FROM audit_events WHERE batch_id IS NULL`;
    return waiting!;
  }
}

/** The position after every event of a batch. */
export function endOf(batchId: bigint): EventPosition {
  return { batchId, id: lastUuid };
}
