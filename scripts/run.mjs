import './checkout.cjs';
import { spawn } from 'node:child_process';
import { onNpmGone } from './npm-gone.cjs';

/**
 * Runs a Node.js program in this terminal, forwards Ctrl-C and SIGTERM to it, and resolves with its exit code. The exit
 * code of a program that was ended by a signal is 1.
 */
export function run(...programAndArguments) {
  const child = spawn(process.execPath, programAndArguments, { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  onNpmGone(() => forward('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve(code ?? 1);
    });
  });
}

/** Runs programs one after the other until one fails. This process exits with the exit code of the last that ran. */
export async function runAll(...programs) {
  process.exitCode = 0;
  for (const program of programs) process.exitCode ||= await run(...program);
}
