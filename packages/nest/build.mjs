/**
 * Builds dist/: ES modules with their declarations in dist/esm, and one CommonJS file for each entry in dist/cjs. `jose` is
 * an ES module only, which Jest cannot `require`, so the CommonJS files contain it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = import.meta.dirname;
const entries = ['index', 'testing/index'];

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '--build', 'tsconfig.build.json'], {
  cwd: folder,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);

const esm = join(folder, 'dist/esm');
const cjs = join(folder, 'dist/cjs');
await build({
  entryPoints: entries.map((entry) => join(esm, `${entry}.js`)).filter((file) => existsSync(file)),
  outdir: cjs,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  plugins: [
    { name: 'jose', setup: bundleJose },
    { name: 'one index', setup: keepOneIndex },
  ],
  // Otherwise `import()` of an optional package stays as it is, and Jest refuses it.
  supported: { 'dynamic-import': false },
  logLevel: 'warning',
});
// The declarations are the same; what they belong to is told by the nearest package.json.
cpSync(esm, cjs, { recursive: true, filter: (source) => !source.endsWith('.js') });
writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');

/** The testing kit replaces classes of the other entry, so it must not have copies of its own. */
function keepOneIndex(pluginBuild) {
  pluginBuild.onResolve({ filter: /^\.\.\/index\.js$/ }, ({ path }) => ({ path, external: true }));
}

function bundleJose(pluginBuild) {
  pluginBuild.onResolve({ filter: /^jose$/ }, () => ({ path: fileURLToPath(import.meta.resolve('jose')) }));
}
