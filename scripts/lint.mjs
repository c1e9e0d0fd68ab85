import { freshClient } from './fresh.cjs';
import { runAll } from './steps.mjs';

const fix = process.argv.includes('--fix');

freshClient();
await runAll(
  ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0', ...(fix ? ['--fix'] : [])],
  ['node_modules/prettier/bin/prettier.cjs', '.', fix ? '--write' : '--check', '--log-level=warn'],
);
