import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Debian's, or the one that HYDRA_PATH names. */
const executablePath = process.env.HYDRA_PATH ?? '/usr/bin/hydra';

const guessesAtOnce = 8;

/** Has hydra try each of the passwords at POST /auth/login, from this machine; the password it found, if any. */
export async function attackWithHydra(
  serviceUrl: string,
  email: string,
  passwords: readonly string[],
): Promise<string | undefined> {
  const { hostname, port } = new URL(serviceUrl);
  const folder = await mkdtemp(join(tmpdir(), 'pawl-hydra-'));
  try {
    const list = join(folder, 'passwords.txt');
    const found = join(folder, 'found.json');
    await writeFile(list, passwords.join('\n'));
    // Colons are escaped: they separate the parts of the form.
    const body = String.raw`{"email"\:"${email}","password"\:"^PASS^"}`;
    const form = String.raw`/auth/login:${body}:g=x:H=Content-Type\: application/json:S=access_token`;
    const options = ['-I', '-l', email, '-P', list, '-t', String(guessesAtOnce), '-o', found, '-b', 'json'];
    const { stdout } = await run(executablePath, [...options, '-s', port, hostname, 'http-post-form', form]);
    return /password: (.+)$/m.exec(stdout)?.[1];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const execute = promisify(execFile);

/** Its exit code says little: it is not 0 either when it has found the password and one of its tasks gave up. */
async function run(file: string, args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await execute(file, args, { maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (typeof code !== 'number' || stdout === undefined) throw error;
    return { stdout };
  }
}
