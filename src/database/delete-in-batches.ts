import { isDatabaseUnavailable } from './unavailable.js';

/** Small, so that no statement takes long or holds many locks. */
const batchRows = 1000;

/**
 * Repeats `deleteUpTo`, which deletes so many rows at most and says how many, until nothing is left. A database that is away
 * ends it: the next turn goes on.
 */
export async function deleteInBatches(deleteUpTo: (rows: number) => PromiseLike<number>): Promise<void> {
  try {
    while ((await deleteUpTo(batchRows)) === batchRows);
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
  }
}
