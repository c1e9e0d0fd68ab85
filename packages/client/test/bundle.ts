import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Bundles a module as a frontend would, minified. In a process of its own: rolldown is native code. */
export async function bundle(entry: string, { external = [] as string[] } = {}): Promise<string> {
  const program = join(import.meta.dirname, 'bundle.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [program, entry, ...external], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}
