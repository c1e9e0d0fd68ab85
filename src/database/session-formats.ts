import pg from 'pg';
import { OperatorError } from '../common/operator-error.js';

/**
 * Behind a pooler no session can be told how to show times (pool-options.ts): the database has to do it by itself.
 * Throws with the two statements that make it so.
 */
export async function checkSessionFormats(pooledUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: pooledUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ good: boolean; name: string }>(
      `SELECT extract(timezone FROM now()) = 0 AND extract(timezone FROM now() + interval '6 months') = 0
         AND current_setting('DateStyle') LIKE 'ISO%' AS good, current_database() AS name`,
    );
    if (rows[0]?.good) return;
    throw new OperatorError(
      `With DATABASE_POOLED the database itself must show times in UTC: ALTER DATABASE "${rows[0]?.name}" SET timezone = 'UTC'; ALTER DATABASE "${rows[0]?.name}" SET datestyle = 'ISO';`,
    );
  } finally {
    await client.end();
  }
}
