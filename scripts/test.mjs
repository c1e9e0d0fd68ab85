/**
 * `npm test [-- jest's arguments]`; with `--browser` the tests that drive a real Chromium (test/browser) instead, with
 * `--pooler` those behind a real pgbouncer (test/pooler), with `--abuse` those with a real hydra and a real Redis
 * (test/abuse). Leaves jest's own account of the run in coverage/, where .ci/run reads it.
 */
import { mkdirSync } from 'node:fs';
import { freshClient } from './fresh.cjs';
import { run } from './steps.mjs';

const [, , ...given] = process.argv;
const suite = ['browser', 'pooler', 'abuse'].find((name) => given.includes(`--${name}`));
const jestArguments = given.filter((argument) => argument !== `--${suite}`);

freshClient();
mkdirSync('coverage', { recursive: true });
process.exitCode = await run(
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  ...(suite ? [`--config=jest.${suite}.config.mjs`] : []),
  '--json',
  // A test that failed may have left something waiting; where nobody watches, the result must not wait with it.
  ...(process.env.CI ? ['--forceExit'] : []),
  `--outputFile=coverage/${suite ? `${suite}-tests` : 'tests'}.json`,
  ...jestArguments,
);
