import { setTimeout as pause } from 'node:timers/promises';

const pollEveryMs = 5;

/** Waits for something that can be seen, and only for that; a test that waits in vain ends by its own time limit. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(pollEveryMs);
}
