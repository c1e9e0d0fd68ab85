import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ignoring } from './ignoring.js';

/** The file that a running PostgreSQL server keeps in its data directory. */
export interface PostmasterFile {
  pid: number;
  port: number;
}

export function postmasterFilePath(dataFolder: string): string {
  return join(dataFolder, 'postmaster.pid');
}

export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | undefined> {
  const text = (await readFile(postmasterFilePath(dataFolder), 'utf8').catch(ignoring('ENOENT'))) ?? '';
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}

/**
 * Whether the process `pid` is the server of this data directory. The file stays behind if a server is killed, and the id
 * may then belong to another process. Returns undefined on systems where this cannot be determined.
 */
export async function isPostmaster(pid: number, dataFolder: string): Promise<boolean | undefined> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return undefined;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [program = '', ...args] = commandLine.split('\0');
  return basename(program) === 'postgres' && args.includes(dataFolder);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process, or one of another user. Our server runs as our user, or we are root and may signal any process.
    return false;
  }
}
