/**
 * `npm run check:packages`: publint and @arethetypeswrong/cli look at what npm would publish of @pawl/nest: entries that
 * exist, and types that fit how each kind of project loads them.
 */
import { buildPackages } from './packages.cjs';
import { runAll } from './run.mjs';

const folder = 'packages/nest';

const status = buildPackages();
if (status !== 0) process.exit(status);
await runAll(
  ['node_modules/publint/src/cli.js', folder, '--strict', '--pack=npm'],
  ['node_modules/@arethetypeswrong/cli/dist/index.js', '--pack', folder],
);
