import { chmod, mkdtemp, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
/** Far more than a run of all tests has in files at any time. */
const enoughForTests = 4 * 1024 ** 3;

/**
 * A new folder for everything that tests write, in memory if Linux offers enough of it: a new database is three hundred
 * small files, which cost a disk's file system ten times the work.
 */
export async function makeTemporaryFolder(neededBytes = enoughForTests) {
  const folder = await mkdtemp(join((await fitsInMemory(neededBytes)) ? memory : tmpdir(), 'pawl-tests-'));
  await chmod(folder, 0o1777); // as /tmp: PostgreSQL, for one, does not run as root
  return folder;
}

async function fitsInMemory(neededBytes) {
  try {
    const { bavail, bsize } = await statfs(memory);
    const mount = (await readFile('/proc/mounts', 'utf8')).split('\n').find((line) => line.split(' ')[1] === memory);
    const [, , type, options] = mount?.split(' ') ?? [];
    // Tests run programs that they put there.
    const isUsable = type === 'tmpfs' && !options.split(',').includes('noexec');
    return isUsable && Math.min(bavail * bsize, process.availableMemory()) > neededBytes;
  } catch {
    return false; // not Linux
  }
}
