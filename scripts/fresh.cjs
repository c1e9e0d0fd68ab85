'use strict';
/**
 * What is made from the sources, and when it is made again: the Prisma client and dist/. Each carries the hash of what it
 * was made from, so that a checkout, a new `npm ci` or a half-finished build never leaves a stale one in use. Everything
 * here is synchronous on purpose: start.cjs must not touch libuv's thread pool (see thread-pool.cjs).
 */
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

process.chdir(resolve(__dirname, '..'));

const clientFolder = join('src', 'database', 'generated');
const client = {
  from: ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'],
  mark: join(clientFolder, '.made-from'),
  makes: join(clientFolder, 'client.ts'),
  make: ['scripts/db.mjs', 'generate'],
};
const build = {
  from: ['src', 'prisma/schema.prisma', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
  // Inside dist/, which the watcher of dev.mjs empties too: what it wrote is never taken for a build.
  mark: join('dist', '.made-from'),
  makes: join('dist', 'main.js'),
  make: ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.build.json'],
};

/** Makes the Prisma client if it is missing or was made from another schema. */
function freshClient() {
  refresh(client);
}

/** Makes the Prisma client and dist/, each only if it is missing or was made from other sources. */
function freshBuild() {
  freshClient();
  refresh(build);
}

/** Makes the Prisma client if need be, and dist/ in any case. */
function newBuild() {
  emptyDist();
  freshBuild();
}

/** A file whose source is gone must not stay behind. */
function emptyDist() {
  rmSync('dist', { recursive: true, force: true });
}

function refresh({ from, mark, makes, make }) {
  const hash = hashOf(from);
  if (existsSync(makes) && existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  if (makes === build.makes) emptyDist();
  rmSync(mark, { force: true });
  const { status, error } = spawnSync(process.execPath, make, { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(mark, hash);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesIn)) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesIn(path) {
  if (path === clientFolder) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

module.exports = { emptyDist, freshClient, freshBuild, newBuild };
