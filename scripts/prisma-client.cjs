'use strict';
/**
 * Generates the Prisma client, which `tsc` needs and Git does not keep. `npm run db:generate` does it always,
 * `ensureClient()` only if the schema or Prisma's version has changed since.
 */
require('./checkout.cjs');
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const folder = join('src', 'database', 'generated');
const markFile = join(folder, '.generated-from');

function ensureClient() {
  const isCurrent = existsSync(join(folder, 'client.ts')) && existsSync(markFile);
  if (!isCurrent || readFileSync(markFile, 'utf8') !== source()) generateClient();
}

function generateClient() {
  rmSync(markFile, { force: true });
  const prisma = dirname(require.resolve('prisma/package.json'));
  // Prisma asks for the path of the native schema engine but does not use it here, so any file will do.
  const env = { CHECKPOINT_DISABLE: '1', PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, ...process.env };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(prisma, 'build', 'index.js'), 'generate', '--no-hints'],
    { encoding: 'utf8', env },
  );
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    process.exit(status ?? 1);
  }
  writeFileSync(markFile, source());
}

function source() {
  const { version } = require('prisma/package.json');
  return `Prisma ${version}\n${readFileSync('prisma/schema.prisma', 'utf8')}`;
}

module.exports = { ensureClient };
if (require.main === module) generateClient();
