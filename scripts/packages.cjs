'use strict';
/**
 * The packages of this repository, in packages/. Each has a `build.mjs`, which makes its `dist/`. It runs if something in
 * the package has changed since, other than its tests, or in a package before it in the list.
 */
require('./checkout.cjs');
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** In the order in which they are built: a package may use those before it. */
const packages = ['nest', 'client', 'web'];

const unrelated = new Set(['dist', 'node_modules', 'test']);

/** Builds what is out of date. Returns the exit code of the first build that failed, or 0. */
function buildPackages() {
  const hash = createHash('sha256');
  for (const name of packages) {
    const folder = join('packages', name);
    for (const file of sourcesOf(folder)) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
    const builtFrom = hash.copy().digest('hex');
    const mark = join(folder, 'dist', '.built-from');
    if (existsSync(mark) && readFileSync(mark, 'utf8') === builtFrom) continue;
    const status = buildPackage(folder);
    if (status !== 0) return status;
    writeFileSync(mark, builtFrom);
  }
  return 0;
}

function buildPackage(folder) {
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  // Messages go to standard error: standard output may be what a command exports.
  const { status, error } = spawnSync(process.execPath, [join(folder, 'build.mjs')], { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  return status ?? 1;
}

function sourcesOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !unrelated.has(name))
    .flatMap((entry) => (entry.isDirectory() ? sourcesOf(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

function removeBuilds() {
  for (const name of packages) rmSync(join('packages', name, 'dist'), { recursive: true, force: true });
}

module.exports = { buildPackages, packages, removeBuilds };
