import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CommandContext } from '../../src/cli/command-context.js';
import { runProgram } from '../../src/cli/program.js';
import { testSecret } from '../support/app.js';

export interface Finished {
  code: number;
  out: string;
  errors: string;
}

export interface CommandOptions {
  /** Settings; the tests' own environment does not reach the command. */
  env?: NodeJS.ProcessEnv;
  /** What is on standard input. */
  input?: string;
  /** Closes the reading end of standard output at once, for `runPawlProcess`. */
  closeOutput?: boolean;
  /** Where the program is called, for `runPawl`. */
  folder?: string;
}

const settings = { AUTH_SECRET: testSecret, PUBLIC_URL: 'http://localhost:3000' };

/** Runs the program `pawl` in this process, with its own terminal. */
export async function runPawl(
  args: readonly string[],
  { env, input = '', folder = '/' }: CommandOptions = {},
): Promise<Finished> {
  const written = { out: '', errors: '' };
  const terminal = {
    stdin: Readable.from([input]),
    stdout: { write: (text: string) => (written.out += text) },
    stderr: { write: (text: string) => (written.errors += text) },
  };
  const startService = () => Promise.reject(new Error('No test starts the service this way'));
  const code = await runProgram(args, new CommandContext({ ...settings, ...env }, terminal, folder, startService));
  return { code, ...written };
}

/** Runs `pawl` in a separate process, as `npm run` does in a checkout, and waits for its end. */
export function runPawlProcess(
  args: readonly string[],
  { env, input = '', closeOutput = false }: CommandOptions = {},
): Promise<Finished> {
  const { PATH, HOME } = process.env;
  const file = join(import.meta.dirname, '../../scripts/pawl.cjs');
  const child = spawn(process.execPath, [file, ...args], { env: { PATH, HOME, ...settings, ...env } });
  if (closeOutput) child.stdout.destroy();
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, out, errors }));
  });
}
