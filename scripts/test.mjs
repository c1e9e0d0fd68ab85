/**
 * `npm test [-- jest's arguments]` runs the project `service` of jest.config.mjs; `--browser`, `--pooler`, `--abuse`, `--package`,
 * `--fuzz`, `--faults` and `--vectors` run the project of that name instead, one file after the other. Leaves jest's JSON report of the run in coverage/,
 * where .ci/run reads it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { buildPackages } from './packages.cjs';
import { ensureClient } from './prisma-client.cjs';
import { run } from './run.mjs';

const [, , ...given] = process.argv;
const suite = ['browser', 'pooler', 'abuse', 'package', 'fuzz', 'faults', 'vectors'].find((name) =>
  given.includes(`--${name}`),
);
const jestArguments = given.filter((argument) => argument !== `--${suite}`);

if (suite === 'fuzz') process.env.FUZZ_REQUESTS ??= '100000';
ensureClient();
// The service serves the pages that are built of packages/web.
const buildStatus = buildPackages();
if (buildStatus !== 0) process.exit(buildStatus);
mkdirSync('coverage', { recursive: true });
const outputFile =
  given.find((argument) => argument.startsWith('--outputFile='))?.slice('--outputFile='.length) ??
  `coverage/${suite ? `${suite}-tests` : 'tests'}.json`;
rmSync(outputFile, { force: true });
process.exitCode = await run(
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  `--selectProjects=${suite ?? 'service'}`,
  ...(suite ? ['--runInBand'] : []),
  '--json',
  // A test that failed may have left something waiting; where nobody watches, the result must not wait with it.
  ...(process.env.CI ? ['--forceExit'] : []),
  `--outputFile=${outputFile}`,
  ...jestArguments.filter((argument) => !argument.startsWith('--outputFile=')),
);
// jest counts what was skipped, and names it far above. A long form that skips a part has not shown it.
if (suite && existsSync(outputFile)) for (const name of skippedIn(outputFile)) console.log(`SKIPPED: ${name}`);

/** The tests whose names say why they are skipped. Others were left out by `-t`. */
function skippedIn(file) {
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, fullName }) => status === 'pending' && fullName.includes('(skipped: '))
    .map(({ fullName }) => fullName);
}
