/**
 * The database from the command line: `node scripts/db.mjs generate | migration NAME | deploy | status | retry NAME`.
 * Works on a clean checkout without a build, and on a closed network. Where the development dependencies were left out
 * (a production image) it runs what was built into dist/.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(resolve(dirname(fileURLToPath(import.meta.url)), '..'));
const [command, ...names] = process.argv.slice(2);

if (command === 'generate') {
  generateClient();
} else {
  const { runDatabaseCommand } = await importCommands();
  process.exitCode = await runDatabaseCommand(command, names, process.env);
}

/** `prisma generate` asks for the path of the native schema engine and then has no use for it: any file will do. */
function generateClient() {
  const prisma = join(dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build', 'index.js');
  const environment = { CHECKPOINT_DISABLE: '1', PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, ...process.env };
  const { status } = spawnSync(process.execPath, [prisma, 'generate', '--no-hints'], {
    stdio: 'inherit',
    env: environment,
  });
  process.exitCode = status ?? 1;
}

async function importCommands() {
  if (!existsSync('node_modules/@swc/core')) return import('../dist/cli/db.js');
  const { registerTypeScript } = await import('./typescript-loader.mjs');
  registerTypeScript();
  return import('../src/cli/db.ts');
}
