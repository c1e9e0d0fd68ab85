import { setTimeout as pause } from 'node:timers/promises';

/** About half a minute on an idle machine, and longer on a busy one, where each attempt takes longer. */
const maxAttempts = 3000;

/** Waits for what happens by itself, such as a notification that arrives; fails with the condition if it does not. */
export async function until(happened: () => Promise<boolean> | boolean): Promise<void> {
  for (let attempt = 1; !(await happened()); attempt++) {
    if (attempt === maxAttempts) throw new Error(`Did not happen within ${maxAttempts} attempts: ${String(happened)}`);
    await pause(10);
  }
}
