import { execFile } from 'node:child_process';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Server } from '../support/postgres-server.js';

const run = promisify(execFile);

/** A disk of its own for the data of a PostgreSQL: a file system in memory. Needs root, and a kernel that lets it mount. */
export interface SmallDisk {
  fill(): Promise<void>;
  free(): Promise<void>;
  unmount(): Promise<void>;
}

export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  const filler = join(folder, 'filler');
  const megabyte = Buffer.alloc(1024 * 1024);
  return {
    fill: async () => {
      for (;;) {
        try {
          await writeFile(filler, megabyte, { flag: 'a' }); // writes what there is room for, then fails
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
          throw error;
        }
      }
    },
    free: () => rm(filler, { force: true }),
    unmount: async () => {
      await run('umount', ['--lazy', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Puts the data of a PostgreSQL that does not exist yet on the disk. */
export async function placeOnDisk(cluster: Server['cluster'], folder: string): Promise<void> {
  if (cluster.runAs) await chown(folder, cluster.runAs.uid, cluster.runAs.gid);
  cluster.dataFolder = join(folder, 'postgres');
}

/** Why this machine cannot have such a disk; undefined if it can. */
export async function whyNoSmallDisk(folder: string): Promise<string | undefined> {
  try {
    await (await mountSmallDisk(folder, 1)).unmount();
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return stderr?.trim() || message;
  }
}
