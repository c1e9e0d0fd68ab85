/** Prints one line, "N passed, N failed", added up from jest's own account of each run (its --json files), if there is any. */
import { existsSync, readFileSync } from 'node:fs';

const runs = process.argv
  .slice(2)
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')));
// Vitest's account has no count of files that cannot run.
const total = (count) => runs.reduce((sum, run) => sum + (run[count] ?? 0), 0);
const failed = total('numFailedTests') + total('numRuntimeErrorTestSuites'); // a file that cannot run has no test to count
console.log(runs.length > 0 ? `${total('numPassedTests')} passed, ${failed} failed` : 'No test run came to its end.');
