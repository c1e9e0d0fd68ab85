import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../../common/operator-error.js';
import type { Binaries } from './binaries.js';
import { createLibraryLinks, findBinaries, programPath } from './binaries.js';
import type { Cluster } from './cluster.js';
import { ignoring } from './ignoring.js';
import type { SystemUser } from './system-user.js';
import { canReach, isRoot, postgresUser } from './system-user.js';

/** Where root puts files that the user `postgres` must reach if it cannot reach the checkout. Only root may write there. */
const sharedFolder = '/var/lib/pawl';

/**
 * Finds the place for data and programs of the embedded PostgreSQL: `dataDir/postgres` and node_modules. If root runs the
 * service where PostgreSQL's own user has no access, such as in root's home, both are in /var/lib/pawl, and
 * `dataDir/postgres` is a link to the data.
 */
export async function placeCluster(dataDir: string): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true });
  const entry = join(dataDir, 'postgres');
  const runAs = await postgresUser(entry);
  const dataFolder = await placeData(dataDir, entry, runAs);
  return { dataFolder, binaries: await placeBinaries(dataDir, runAs), runAs };
}

async function placeData(dataDir: string, entry: string, runAs: SystemUser | undefined): Promise<string> {
  const existing = await lstat(entry).catch(() => undefined);
  if (existing?.isSymbolicLink()) return readlink(entry);
  if (runAs && existing?.uid === 0) {
    throw new OperatorError(
      `${entry} belongs to root, and PostgreSQL does not run as root: restore its owner (chown -R postgres ${entry}).`,
    );
  }
  if (!runAs || (await canReach(runAs, dataDir))) return entry;
  if (existing) {
    throw new OperatorError(
      `PostgreSQL does not run as root, and the owner of ${entry} cannot reach it: move ${dataDir} to a folder that this user can reach, or set DATA_DIR.`,
    );
  }
  await makeSharedFolder();
  const target = join(sharedFolder, `data-${randomBytes(8).toString('hex')}`);
  await symlink(target, entry).catch(ignoring('EEXIST')); // another start was faster
  return readlink(entry);
}

async function placeBinaries(dataDir: string, runAs: SystemUser | undefined): Promise<Binaries> {
  const installed = await findBinaries();
  const reachable = !runAs || (await canReach(runAs, programPath(installed, 'initdb')));
  if (reachable && (await couldCreateLinks(installed))) return installed;
  if (isRoot()) await makeSharedFolder();
  return copyBinaries(installed, join(isRoot() ? sharedFolder : dataDir, `postgresql-${installed.build}`));
}

/** Returns false if node_modules is not writable. */
async function couldCreateLinks(binaries: Binaries): Promise<boolean> {
  try {
    await createLibraryLinks(binaries);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Copies beside the target and moves it there whole, so that a copy that was cut short is never run. */
async function copyBinaries(installed: Binaries, target: string): Promise<Binaries> {
  const copy = { folder: join(target, 'native'), build: installed.build };
  if (await stat(target).catch(() => undefined)) return copy;
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    await cp(installed.folder, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await createLibraryLinks({ ...copy, folder: join(draft, 'native') });
    await makeReadable(draft);
    await rename(draft, target).catch(ignoring('ENOTEMPTY', 'EEXIST'));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return copy;
}

/** Sets the permissions of the copy, whatever the umask was when npm unpacked the files. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Throws if somebody other than root could have written to the folder: PostgreSQL's programs run from it. */
async function makeSharedFolder(): Promise<void> {
  await mkdir(sharedFolder, { recursive: true, mode: 0o755 });
  const { uid, mode } = await lstat(sharedFolder);
  if (uid !== 0 || (mode & 0o022) !== 0) {
    throw new OperatorError(
      `${sharedFolder} must belong to root and be writable by root only: fix that, or set DATABASE_URL.`,
    );
  }
  await chmod(sharedFolder, 0o755);
}
