'use strict';
/**
 * Builds the packages (packages.cjs), then the service into dist/, then of both the bundle that is published and deployed
 * (bundle.mjs). `npm run build` does it from scratch. `ensureBuild()` does it only as far as something has changed, which
 * `tsc --build` finds out, and without the bundle: a checkout runs dist/. Everything here is synchronous, so that the process
 * can still size its thread pool (bin/thread-pool.cjs).
 */
require('./checkout.cjs');
const { spawnSync } = require('node:child_process');
const { existsSync, rmSync, statSync } = require('node:fs');
const { buildPackages, removeBuilds } = require('./packages.cjs');
const { ensureClient } = require('./prisma-client.cjs');

const bundleFile = 'dist/bundle/pawl.cjs';

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
  if (!isBundleCurrent()) removeBundle();
  return status ?? 1;
}

/** What bin/pawl.cjs runs is then what is deployed. */
function ensureBundle() {
  ensureBuild();
  if (isBundleCurrent()) return;
  const { status, error } = spawnSync(process.execPath, ['scripts/bundle.mjs'], { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Whether nothing was compiled or installed since. */
function isBundleCurrent() {
  const sources = ['dist/tsconfig.tsbuildinfo', 'package-lock.json', 'scripts/bundle.mjs'];
  const bundledAtMs = statSync(bundleFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.every((file) => statSync(file).mtimeMs < bundledAtMs);
}

/** bin/pawl.cjs then runs dist/ as it is. */
function removeBundle() {
  rmSync('dist/bundle', { recursive: true, force: true });
}

function buildFromScratch() {
  rmSync('dist', { recursive: true, force: true });
  removeBuilds();
  ensureBundle();
}

module.exports = { ensureBuild, ensureBundle, removeBundle, tryBuild };
if (require.main === module) buildFromScratch();
