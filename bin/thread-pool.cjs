'use strict';
/**
 * Sizes libuv's thread pool for the password hashes plus its other work (files, name look-ups, signatures), and starts it at a
 * lower priority than the rest of the process. Loaded before the service, and as CommonJS: libuv reads the size once, at the
 * pool's first use, and on Node 20 loading the first ES module is already such a use.
 */
const { existsSync, readdirSync, readFileSync, stat } = require('node:fs');
const { availableParallelism, getPriority, setPriority } = require('node:os');
const { parseEnv } = require('node:util');

const otherWork = 4;
/** Niceness (setpriority(2)): in addition to that of the process, and at most. */
const [lowerBy, lowestPriority] = [10, 19];
const settings = { ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}), ...process.env };
const hashes = Number(settings.PASSWORD_CONCURRENCY) || availableParallelism();
process.env.UV_THREADPOOL_SIZE ??= settings.UV_THREADPOOL_SIZE ?? String(hashes + otherWork);
if (process.platform === 'linux') startAtLowerPriority();

/**
 * Where all cores are busy, hashes wait for requests and for the database, and not the other way round. Only Linux has a
 * priority for each thread. libuv starts all its threads within the first call that needs one.
 */
function startAtLowerPriority() {
  const threads = () => readdirSync('/proc/self/task').map(Number);
  try {
    const others = new Set(threads());
    stat('.', () => undefined);
    const priority = Math.min(lowestPriority, getPriority() + lowerBy);
    for (const thread of threads()) if (!others.has(thread)) setPriority(thread, priority);
  } catch {
    // A sandbox hides the threads or forbids it. The service runs all the same, with one priority for all of them.
  }
}
