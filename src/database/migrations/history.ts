import type pg from 'pg';
import type { MigrationScript } from './migration-files.js';
import { matchesChecksum } from './migration-files.js';

/** A row of `_prisma_migrations`, in which Prisma's schema engine records what it applied. */
export interface MigrationRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  rolled_back_at: Date | null;
  /** The error of a migration that failed. */
  logs: string | null;
}

/** The migrations of the code compared with those of a database, by name and in order. */
export interface MigrationHistory {
  applied: string[];
  pending: string[];
  /** Began but did not finish: they failed, unless another instance is applying them right now. */
  unfinished: { name: string; reason: string }[];
  /** Applied with content that differs from the code's. */
  edited: string[];
  /** Applied by newer code. */
  unknown: string[];
}

export async function readHistory(
  client: pg.ClientBase,
  scripts: readonly MigrationScript[],
): Promise<MigrationHistory> {
  return compareHistory(scripts, await readRows(client));
}

async function readRows(client: pg.ClientBase): Promise<MigrationRow[]> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS "exists"`,
  );
  if (!found[0]?.exists) return [];
  const { rows } = await client.query<MigrationRow>(
    'SELECT migration_name, checksum, finished_at, rolled_back_at, logs FROM _prisma_migrations ORDER BY started_at',
  );
  return rows;
}

export function compareHistory(scripts: readonly MigrationScript[], rows: readonly MigrationRow[]): MigrationHistory {
  const standing = rows.filter((row) => row.rolled_back_at === null);
  const finished = new Map(standing.filter((row) => row.finished_at !== null).map((row) => [row.migration_name, row]));
  const unfinished = new Map(
    standing.filter((row) => !finished.has(row.migration_name)).map((row) => [row.migration_name, row]),
  );
  const names = scripts.map((script) => script.name);
  return {
    applied: names.filter((name) => finished.has(name)),
    pending: names.filter((name) => !finished.has(name) && !unfinished.has(name)),
    unfinished: [...unfinished.values()].map((row) => ({ name: row.migration_name, reason: reasonIn(row.logs) })),
    edited: scripts
      .filter(({ name, sql }) => finished.has(name) && !matchesChecksum(sql, finished.get(name)!.checksum))
      .map((script) => script.name),
    unknown: [...finished.keys()].filter((name) => !names.includes(name)),
  };
}

function reasonIn(logs: string | null): string {
  return /Error querying the database: (.+)/.exec(logs ?? '')?.[1] ?? 'it was interrupted';
}
