import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What starts a command as a container with a read-only file system would: `root` is all that it sees, apart from /proc and
 * /dev, nothing in it can be written to, and it runs as `user` (uid:gid). Needs no privilege, only user namespaces. Without
 * them the command runs in its folder, whose files its user must not be able to change, and this says so.
 *
 * Returns what `spawn` takes: the program and its arguments.
 */
export function containerCommand({ root, workingFolder, user }, [program, ...args]) {
  if (!canMount()) return [program === 'node' ? process.execPath : program, args];
  addRuntime(root);
  const [uid, gid] = user.split(':');
  const enter = [
    'unshare',
    '--user',
    `--map-user=${uid}`,
    `--map-group=${gid}`,
    `--root=${root}`,
    `--wd=${workingFolder}`,
  ];
  return [
    '/usr/bin/unshare',
    ['--map-root-user', '--mount', 'sh', '-c', mounts, 'sh', root, ...enter, program, ...args],
  ];
}

const mounts = `
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  root=$1; shift
  mount --bind "$root" "$root" && mount -o remount,bind,ro "$root" &&
  mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" || exit 1
  PATH=/nodejs/bin:$PATH
  exec "$@"`;

let mayMount;

function canMount() {
  if (mayMount === undefined) {
    const args = ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'];
    mayMount = spawnSync('unshare', args, { stdio: 'ignore' }).status === 0;
    console.log(
      mayMount
        ? '  Runs in a read-only file system with Node.js and the image, and nothing else: no shell, no npm'
        : '  There are no user namespaces here: runs in a folder that its user cannot write to',
    );
  }
  return mayMount;
}

/** As in the base image: Node.js with its libraries, and nothing that could run a script. */
function addRuntime(root) {
  const node = join(root, 'nodejs/bin/node');
  if (existsSync(node)) return;
  for (const folder of ['proc', 'dev', 'tmp', 'etc', dirname(node).slice(root.length)]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(realpathSync(process.execPath), node);
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).match(/\/\S+(?= \()/g) ?? [];
  for (const library of libraries) {
    const target = join(root, library);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(library), target);
  }
  for (const file of ['/etc/hosts', '/etc/resolv.conf', '/etc/nsswitch.conf']) {
    if (existsSync(file)) copyFileSync(file, join(root, file));
  }
}
