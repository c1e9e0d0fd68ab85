'use strict';
/**
 * Lets glibc use one arena for all threads. With one for each, every thread that has ever hashed a password keeps 19 MB for its
 * next hash. glibc reads this setting only when a program starts, so the service starts again, in the same process: the same
 * id, parent, terminal and open output. Node.js can do that from 22.15 on. Where it cannot, or where the variable is set
 * already, nothing happens. A parent that talks to this process (IPC) would lose its channel, so then nothing happens either.
 */
const { execArgv, execPath, argv, env, platform } = process;
const isService = argv[2] === undefined || argv[2] === 'start';

if (platform === 'linux' && isService && env.MALLOC_ARENA_MAX === undefined && !process.channel) {
  try {
    process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, MALLOC_ARENA_MAX: '1' });
  } catch {
    // Node's permission model forbids it. The service runs all the same, with more memory.
  }
}
