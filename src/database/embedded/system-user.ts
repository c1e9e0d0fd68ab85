import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { OperatorError } from '../../common/operator-error.js';

const run = promisify(execFile);

/** The system user that PostgreSQL runs as, if it is not the user of this process. */
export interface SystemUser {
  uid: number;
  gid: number;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * PostgreSQL refuses to run as root. If root starts it, it runs as the owner of its data or, if there is no data yet, as the
 * system user `postgres`, which is created if missing. Returns undefined if it runs as the user of this process.
 */
export async function postgresUser(dataFolder: string): Promise<SystemUser | undefined> {
  if (!isRoot()) return undefined;
  const owner = await stat(dataFolder).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await lookUp('postgres')) ?? (await createPostgresUser());
}

async function lookUp(name: string): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined; // `id` fails for an unknown name
  }
}

async function createPostgresUser(): Promise<SystemUser> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  } catch (cause) {
    throw new OperatorError(
      'PostgreSQL does not run as root and the system user "postgres" could not be created: start Pawl as an ordinary user, or set DATABASE_URL.',
      { cause },
    );
  }
  const user = await lookUp('postgres');
  if (!user) throw new OperatorError('The system user "postgres" was created but cannot be found: set DATABASE_URL.');
  return user;
}

/** Whether `user` may enter every folder down to and including `path`. Considers permission bits only. */
export async function canReach(user: SystemUser, path: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(path);
  const execute = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & execute) === 0) return false;
  return path === dirname(path) || canReach(user, dirname(path));
}
