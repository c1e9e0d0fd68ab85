import { readlink } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** Niceness in addition to that of the process. */
const lowerBy = 10;
const lowest = 19;
/** Each round asks the pool this many times at once, so that no thread is idle. */
const asksPerRound = 64;
/** Every thread is known if this many rounds in a row have met no other. */
const quietRounds = 5;

/**
 * Lowers the scheduling priority of libuv's threads, which compute the password hashes: where all cores are busy, hashes wait for
 * requests and for the database, and not the other way round. Resolves with the ids of the threads. On Linux only, where
 * priorities belong to threads; elsewhere, or without /proc, it changes nothing and resolves with none.
 */
export async function lowerPriorityOfHashThreads(): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const threads = new Set<number>();
  for (let quiet = 0; quiet < quietRounds; quiet++) {
    const found = await Promise.all(Array.from({ length: asksPerRound }, currentPoolThread));
    if (found.includes(undefined)) return [];
    if (found.some((thread) => !threads.has(thread!))) quiet = 0;
    for (const thread of found) threads.add(thread!);
  }
  const priority = Math.min(lowest, getPriority() + lowerBy);
  for (const thread of threads) setPriority(thread, priority);
  return [...threads];
}

/** The id of the thread that reads this link: libuv's, since the read is asynchronous (proc(5), /proc/thread-self). */
async function currentPoolThread(): Promise<number | undefined> {
  try {
    const [, , thread] = (await readlink('/proc/thread-self')).split('/');
    return Number(thread);
  } catch {
    return undefined;
  }
}
