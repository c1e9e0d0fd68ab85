import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Imports a module of the service for a command line, by its path under src/ without ending. Works on a clean checkout
 * without a build; where the development dependencies were left out (a production image) it takes what was built into dist/.
 */
export async function importOwn(path) {
  process.chdir(resolve(dirname(fileURLToPath(import.meta.url)), '..'));
  if (!existsSync('node_modules/@swc/core')) return import(`../dist/${path}.js`);
  const { default: fresh } = await import('./fresh.cjs');
  fresh.freshClient();
  const { registerTypeScript } = await import('./typescript-loader.mjs');
  registerTypeScript();
  return import(`../src/${path}.ts`);
}
