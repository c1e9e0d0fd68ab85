import type { ChildProcess } from 'node:child_process';

/** Whether it has exited. The code of a process that a signal ended stays null, so a loop that looks at the code never ends. */
export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
