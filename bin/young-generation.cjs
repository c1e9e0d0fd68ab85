'use strict';
/**
 * Bounds V8's young generation to 2 x 4 MB. By itself it grows to 32 MB, on newer versions of Node.js to 64 MB, which a request
 * cannot use. V8 reads its option --max-semi-space-size only from the command line, but the growth factor at any time: so let
 * it grow once, from 1 MB to 4, and never again. (Node.js 26 grows it all the same.)
 */
const v8 = require('node:v8');

const enoughBytes = 8 * 2 ** 20;
const maxObjects = 1_000_000;

v8.setFlagsFromString('--semi-space-growth-factor=4');
growOnce();
v8.setFlagsFromString('--semi-space-growth-factor=1');

/** Keeps objects until V8 has made room for them. */
function growOnce() {
  const kept = [];
  while (sizeBytes() < enoughBytes && kept.length < maxObjects) for (let i = 0; i < 10_000; i++) kept.push({});
}

function sizeBytes() {
  return v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size;
}
