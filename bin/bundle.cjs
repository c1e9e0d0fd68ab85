'use strict';
/**
 * The service as one file, which `npm run build` makes of dist/ and the packages it imports (scripts/bundle.mjs): the program
 * then reads 3 files instead of 1,500. Beside it lies what V8 has compiled of it, so that this is done once and not at every
 * start. V8 ignores that file if it is from another version of V8 or from other V8 options. That is not enough: with the code of
 * one build of Node.js, another build with the same V8 crashes. So the file begins with the build that it is for.
 */
require('./heap-bounds.cjs'); // Before anything is compiled: V8 compares its options, too.
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const { createRequire, SourceMap } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const bundleFile = join(__dirname, '../dist/bundle/pawl.cjs');
const compiledFile = join(__dirname, '../dist/bundle/pawl.v8');
const mapFile = join(__dirname, '../dist/bundle/pawl.cjs.map');

/** The entries of the bundle, each a function that loads it. Returns undefined if there is no bundle. */
function loadBundle() {
  if (!existsSync(bundleFile)) return undefined;
  nameSourcesInStacks();
  return run(compile(readCompiled()));
}

/** What identifies this build of Node.js, in 32 bytes: its version, its platform and the size of its program. */
function nodeBuild() {
  const { version, platform, arch, execPath } = process;
  return createHash('sha256')
    .update([version, platform, arch, statSync(execPath).size].join(' '))
    .digest();
}

/** Undefined if there is none for this build of Node.js. */
function readCompiled() {
  if (!existsSync(compiledFile)) return undefined;
  const [kept, build] = [readFileSync(compiledFile), nodeBuild()];
  return kept.subarray(0, build.length).equals(build) ? kept.subarray(build.length) : undefined;
}

/** For the build: loads everything that a start loads, and keeps what V8 has compiled for it. */
async function keepCompiled() {
  const script = compile();
  await run(script).application();
  writeFileSync(compiledFile, Buffer.concat([nodeBuild(), script.createCachedData()]));
}

function compile(cachedData) {
  // The file is ASCII, and such a string takes one byte a character, not two, for as long as the process lives. It holds one
  // function, so that nothing is added to the string: that would make a second one.
  return new Script(readFileSync(bundleFile, 'latin1'), { filename: bundleFile, cachedData });
}

function run(script) {
  const entries = {};
  script.runInThisContext()(entries, createRequire(bundleFile), bundleFile, dirname(bundleFile));
  return entries;
}

/**
 * Stack traces name the files and lines of src/. Node.js itself does this for modules only, and reads the map at each start;
 * here the first stack trace that somebody reads does.
 */
function nameSourcesInStacks() {
  let map;
  const inSource = (place, line) => {
    map ??= new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')));
    const { generatedLine, originalSource, originalLine } = map.findEntry(line - 1, Infinity);
    return generatedLine === line - 1 ? `${join(dirname(bundleFile), originalSource)}:${originalLine + 1}` : place;
  };
  Error.prepareStackTrace = (error, frames) =>
    [titleOf(error), ...frames.map((frame) => `    at ${frame}`)]
      .join('\n')
      .replaceAll(/[^\s(]*[\\/]pawl\.cjs:(\d+):\d+/g, inSource);
}

/** As Node.js writes it. */
function titleOf(error) {
  const { name, code, message } = error;
  return typeof code === 'string' && code.startsWith('ERR_') ? `${name} [${code}]: ${message}` : String(error);
}

module.exports = { keepCompiled, loadBundle };
