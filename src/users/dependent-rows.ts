import { Prisma } from '../database/generated/client.js';

const batchRows = 5000;

/** A table whose rows belong to users, as it is spelled in SQL. */
interface DependentTable {
  name: string;
  column: string;
}

/**
 * Deletes everything that belongs to the user, in batches: the foreign keys would delete it in one statement, which may run
 * for too long. Rows that are written meanwhile are left to them.
 */
export async function deleteDependentRows(userId: string, db: Prisma.TransactionClient): Promise<void> {
  for (const table of await dependentTables(db)) {
    const [name, column] = [Prisma.raw(table.name), Prisma.raw(table.column)];
    let deleted: number;
    do {
      // By their place, because with outdated statistics the planner would join thousands of ids with all rows.
      deleted = await db.$executeRaw`
        DELETE FROM ${name} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${name} WHERE ${column} = ${userId}::uuid LIMIT ${batchRows}::int))`;
    } while (deleted === batchRows);
  }
}

/** Those with a foreign key to `users` that cascades. From the catalog, so that a new table cannot be forgotten. */
function dependentTables(db: Prisma.TransactionClient): Promise<DependentTable[]> {
  return db.$queryRaw`
    SELECT con.conrelid::regclass::text AS name, quote_ident(att.attname) AS "column"
    FROM pg_constraint con JOIN pg_attribute att ON att.attrelid = con.conrelid AND att.attnum = con.conkey[1]
    WHERE con.contype = 'f' AND con.confrelid = 'users'::regclass AND con.confdeltype = 'c'
      AND array_length(con.conkey, 1) = 1
    ORDER BY 1`;
}
