/** Builds dist/: ES modules with their declarations. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '--project', 'tsconfig.build.json'], {
  cwd: import.meta.dirname,
  stdio: ['ignore', 2, 2],
});
process.exitCode = status ?? 1;
