import { ensureClient } from './prisma-client.cjs';
import { runAll } from './run.mjs';

const fix = process.argv.includes('--fix');

ensureClient();
await runAll(
  ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0', ...(fix ? ['--fix'] : [])],
  ['node_modules/prettier/bin/prettier.cjs', '.', fix ? '--write' : '--check', '--log-level=warn'],
);
