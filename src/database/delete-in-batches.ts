import type { Prisma } from './generated/client.js';
import { withAdvisoryLock } from './periodic-job.js';
import type { PrismaService } from './prisma.service.js';

/** Small, so that no statement takes long or holds many locks. */
const batchRows = 1000;

/**
 * Repeats `deleteBatch`, which deletes up to `rows` rows and returns how many, until fewer are left than fit into a batch.
 * Each batch is a transaction under the advisory lock. Returns how many rows were deleted; it stops early if another
 * instance holds the lock, or when `signal` is aborted.
 */
export async function deleteInBatches(
  { db, lock, signal }: { db: PrismaService; lock: number; signal?: AbortSignal },
  deleteBatch: (tx: Prisma.TransactionClient, rows: number) => Promise<number>,
): Promise<number> {
  let deleted = 0;
  while (!signal?.aborted) {
    const batch = await withAdvisoryLock(db, lock, (tx) => deleteBatch(tx, batchRows));
    deleted += batch?.result ?? 0;
    if ((batch?.result ?? 0) < batchRows) break;
  }
  return deleted;
}
