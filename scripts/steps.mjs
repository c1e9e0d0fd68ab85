import './supported-node.cjs';
import { spawn } from 'node:child_process';
import { onNpmGone } from './npm-gone.cjs';

/**
 * Runs a Node program with this terminal, hands Ctrl-C and SIGTERM on to it, and resolves with its exit code.
 * A program that a signal ended counts as failed.
 */
export function run(...programAndArguments) {
  const child = spawn(process.execPath, programAndArguments, { stdio: 'inherit' });
  const handOn = (signal) => child.kill(signal);
  process.on('SIGINT', handOn).on('SIGTERM', handOn);
  onNpmGone(() => handOn('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => {
      process.off('SIGINT', handOn).off('SIGTERM', handOn);
      resolve(code ?? 1);
    });
  });
}

/** Runs programs one after the other, all of them, and lets this process exit with the first failure's code. */
export async function runAll(...programs) {
  process.exitCode = 0;
  for (const program of programs) process.exitCode ||= await run(...program);
}
