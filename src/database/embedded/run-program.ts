import { spawn } from 'node:child_process';
import type { SystemUser } from './system-user.js';

/** PostgreSQL may run as another user: the service's own environment, secrets and all, stays here. */
const environment = { LC_ALL: 'C', TZ: 'UTC' };

/** Runs a program to its end in a process group of its own. Throws with its own first complaint if it fails. */
export function runProgram(
  path: string,
  args: readonly string[],
  { runAs, folder }: { runAs: SystemUser | undefined; folder: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const program = spawn(path, args, {
      ...runAs,
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a Ctrl-C in the terminal goes to the service's group, and PostgreSQL must outlive its requests
      windowsHide: true,
    });
    let output = '';
    for (const stream of [program.stdout, program.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    program.once('error', (cause: NodeJS.ErrnoException) => {
      // ENOENT with the file in its place: what is missing is the C library it was built for (Alpine's is another).
      const reason = cause.code === 'ENOENT' ? 'not made for this system' : cause.message;
      reject(new Error(`${path} does not run: ${reason}`, { cause }));
    });
    // A server left running may hold the pipes open, so success does not wait for their end.
    program.once('exit', (code) => {
      if (code !== 0) return;
      program.stdout.destroy();
      program.stderr.destroy();
      resolve();
    });
    program.once('close', (code, signal) => {
      if (code !== 0)
        reject(new Error(complaintIn(output) ?? `${path} ended with ${code ?? signal}`, { cause: output }));
    });
  });
}

/** The first line of PostgreSQL's output that says what went wrong, without what precedes it in a log. */
export function complaintIn(output: string): string | undefined {
  const complaint = output.split('\n').find((line) => /FATAL|PANIC|ERROR|error:|could not/.test(line));
  return complaint?.replace(/^.*?(FATAL|PANIC|ERROR|error): */, '').trim();
}
