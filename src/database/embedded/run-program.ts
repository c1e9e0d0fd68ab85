import { spawn } from 'node:child_process';
import type { SystemUser } from './system-user.js';

/** PostgreSQL may run as another user, so it does not get the service's environment, which contains secrets. */
const environment = { LC_ALL: 'C', TZ: 'UTC' };

/** Runs a program in a process group of its own and waits for its end. Throws the first error in its output if it fails. */
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
      detached: true, // a Ctrl-C goes to the service's process group, and PostgreSQL must outlive the requests in progress
      windowsHide: true,
    });
    let output = '';
    for (const stream of [program.stdout, program.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    program.once('error', (cause: NodeJS.ErrnoException) => {
      // ENOENT although the file exists means that its C library is missing: Alpine has another one.
      const reason = cause.code === 'ENOENT' ? 'not made for this system' : cause.message;
      reject(new Error(`${path} does not run: ${reason}`, { cause }));
    });
    // The server keeps the pipes open while it runs, so success does not wait for their end.
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

/** The first line of PostgreSQL's output that states an error, without its log prefix. */
export function complaintIn(output: string): string | undefined {
  const complaint = output.split('\n').find((line) => /FATAL|PANIC|ERROR|error:|could not/.test(line));
  return complaint?.replace(/^.*?(FATAL|PANIC|ERROR|error): */, '').trim();
}
