import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 20_000;

/** Waits for what happens by itself, such as a notification that arrives; fails with its name if it does not. */
export async function until(happened: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`Did not happen within ${patienceMs} ms: ${String(happened)}`);
    await pause(10);
  }
}
