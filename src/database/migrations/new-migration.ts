import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../../common/operator-error.js';
import type { MigrationScript } from './migration-files.js';
import { migrationList, migrationsFolder, readMigrations, schemaFile } from './migration-files.js';
import { withSchemaEngine } from './schema-engine.js';

/**
 * The SQL that leads from the migrations to schema.prisma, or undefined if they agree. The migrations are applied to a
 * shadow database on the same server, which is dropped afterwards. What Prisma's schema cannot express (checks, storage
 * parameters) is not compared.
 */
export async function missingSql(url: string, migrations: readonly MigrationScript[]): Promise<string | undefined> {
  const schema = { path: 'schema.prisma', content: await readFile(schemaFile, 'utf8') };
  const { exitCode, stdout } = await withSchemaEngine(url, (engine) =>
    engine.diff({
      from: { tag: 'migrations', ...migrationList(migrations) },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  return exitCode === 0 ? undefined : (stdout ?? undefined);
}

/** Writes the next migration and returns its file, or undefined if schema.prisma has not changed. */
export async function writeMigration(url: string, name: string, now: Date): Promise<string | undefined> {
  if (!/^[a-z0-9_]{1,60}$/.test(name)) {
    throw new OperatorError(
      'The name of a migration may contain lower-case letters, digits and underscores, such as "add_avatars".',
    );
  }
  const sql = await missingSql(url, await readMigrations());
  if (sql === undefined) return undefined;
  const timestamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrationsFolder, `${timestamp}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), `${sql.trim()}\n`);
  return join(folder, 'migration.sql');
}
