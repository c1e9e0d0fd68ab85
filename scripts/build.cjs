'use strict';
/**
 * Builds the packages (packages.cjs), then the service into dist/. `npm run build` does it from scratch, `ensureBuild()` only
 * as far as something has changed: `tsc --build` finds that out. Everything here is synchronous, so that the process can still size its thread pool (bin/thread-pool.cjs).
 */
require('./checkout.cjs');
const { spawnSync } = require('node:child_process');
const { existsSync, rmSync } = require('node:fs');
const { buildPackages, removeBuilds } = require('./packages.cjs');
const { ensureClient } = require('./prisma-client.cjs');

/** Ends the process if the sources do not compile. dist/ then holds the last build that did. */
function ensureBuild() {
  const status = tryBuild();
  if (status !== 0) process.exit(status);
}

/** Returns the exit code of what failed, or 0. */
function tryBuild() {
  if (!existsSync('dist/main.js')) console.error('Compiling once. This takes about 30 seconds.');
  ensureClient();
  const packagesStatus = buildPackages();
  if (packagesStatus !== 0) return packagesStatus;
  // The compiler's messages go to standard error: standard output may be what a command exports.
  const { status, error } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '--build', 'tsconfig.build.json'],
    { stdio: ['ignore', 2, 2] },
  );
  if (error) throw error;
  return status ?? 1;
}

function buildFromScratch() {
  rmSync('dist', { recursive: true, force: true });
  removeBuilds();
  ensureBuild();
}

module.exports = { ensureBuild, tryBuild };
if (require.main === module) buildFromScratch();
