import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Terminal } from '../../src/cli/terminal.js';
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
}

const settings = { AUTH_SECRET: testSecret, PUBLIC_URL: 'http://localhost:3000' };

/** Runs a command in this process, with a terminal of its own. */
export async function runCommand(
  command: (env: NodeJS.ProcessEnv, terminal: Terminal) => Promise<number>,
  { env, input = '' }: CommandOptions = {},
): Promise<Finished> {
  const written = { out: '', errors: '' };
  const code = await command(
    { ...settings, ...env },
    {
      stdin: Readable.from([input]),
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.errors += text) },
    },
  );
  return { code, ...written };
}

/** Runs one of scripts/ as an operator does, and waits for its end. */
export function runScript(
  script: 'audit.mjs' | 'keys.mjs' | 'token.mjs' | 'users.mjs',
  args: readonly string[],
  { env, input = '' }: CommandOptions = {},
): Promise<Finished> {
  const { PATH, HOME } = process.env;
  const file = join(import.meta.dirname, '../../scripts', script);
  const child = spawn(process.execPath, [file, ...args], { env: { PATH, HOME, ...settings, ...env } });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, out, errors }));
  });
}
