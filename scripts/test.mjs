/**
 * `npm test [-- jest's arguments]`, and with `--browser` the tests that drive a real Chromium (test/browser) instead.
 * Leaves jest's own account of the run in coverage/, where .ci/run reads it.
 */
import { mkdirSync } from 'node:fs';
import { freshClient } from './fresh.cjs';
import { run } from './steps.mjs';

const [, , ...given] = process.argv;
const browser = given.includes('--browser');
const jestArguments = given.filter((argument) => argument !== '--browser');
const which = browser ? ['--config=jest.browser.config.mjs'] : [];

freshClient();
mkdirSync('coverage', { recursive: true });
process.exitCode = await run(
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  ...which,
  '--json',
  // A test that failed may have left something waiting; where nobody watches, the result must not wait with it.
  ...(process.env.CI ? ['--forceExit'] : []),
  `--outputFile=coverage/${browser ? 'browser-tests' : 'tests'}.json`,
  ...jestArguments,
);
