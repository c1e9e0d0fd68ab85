'use strict';
/**
 * Generates the Prisma client, which `tsc` needs and Git does not keep. `npm run db:generate` does it always,
 * `ensureClient()` only if the schema or Prisma's version has changed since.
 */
require('./checkout.cjs');
const { spawnSync } = require('node:child_process');
const { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const folder = join('src', 'database', 'generated');
const mark = '.generated-from';

function ensureClient() {
  if (!isCurrent()) generateClient({ unless: isCurrent });
}

function isCurrent() {
  const markFile = join(folder, mark);
  return existsSync(markFile) && readFileSync(markFile, 'utf8') === source();
}

/**
 * Generates into a folder of its own, which then moves into place whole: lint, types and tests may begin side by side on a
 * clean clone. If `unless()` holds by then, another process was faster, and its client stays.
 */
function generateClient({ unless = () => false } = {}) {
  const scratch = mkdtempSync(join('src', 'database', '.generating-'));
  let status;
  try {
    // The schema names its output relative to itself.
    const schema = join(scratch, 'prisma', 'schema.prisma');
    cpSync('prisma/schema.prisma', schema);
    status = runPrisma('generate', '--no-hints', '--schema', schema);
    if (status === 0) {
      const generated = join(scratch, folder);
      writeFileSync(join(generated, mark), source());
      replace(folder, generated, unless);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (status !== 0) process.exit(status);
}

/** Returns the exit code. */
function runPrisma(...parameters) {
  const prisma = dirname(require.resolve('prisma/package.json'));
  // Prisma asks for the path of the native schema engine but does not use it here, so any file will do.
  const env = { CHECKPOINT_DISABLE: '1', PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, ...process.env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(prisma, 'build', 'index.js'), ...parameters], {
    encoding: 'utf8',
    env,
  });
  if (status !== 0) process.stderr.write(`${stdout}${stderr}`);
  return status ?? 1;
}

function replace(target, replacement, unless) {
  do {
    if (unless()) return;
    rmSync(target, { recursive: true, force: true });
  } while (!tryRename(replacement, target));
}

/** Returns false if `to` came into being meanwhile. */
function tryRename(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}

function source() {
  const { version } = require('prisma/package.json');
  return `Prisma ${version}\n${readFileSync('prisma/schema.prisma', 'utf8')}`;
}

module.exports = { ensureClient };
if (require.main === module) generateClient();
