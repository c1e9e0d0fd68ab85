import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import { packageFolder } from '../../common/package-folder.js';

const prismaFolder = join(packageFolder, 'prisma');

export const schemaFile = join(prismaFolder, 'schema.prisma');
export const migrationsFolder = join(prismaFolder, 'migrations');

/** One migration of the code, in Prisma's folder layout. */
export interface MigrationScript {
  /** The folder's name. It begins with a timestamp, and migrations are applied in this order. */
  name: string;
  sql: string;
}

export async function readMigrations(folder = migrationsFolder): Promise<MigrationScript[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
}

/** Whether Prisma recorded `checksum` for this script. Line endings make no difference. */
export function matchesChecksum(sql: string, checksum: string): boolean {
  const unixLines = sql.replaceAll('\r\n', '\n');
  return [sql, unixLines, unixLines.replaceAll('\n', '\r\n')].some(
    (text) => createHash('sha256').update(text).digest('hex') === checksum,
  );
}

/** The migrations in the form that the schema engine takes. */
export function migrationList(scripts: readonly MigrationScript[], folder = migrationsFolder): MigrationList {
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: scripts.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}
