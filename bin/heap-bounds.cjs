'use strict';
/**
 * Bounds what V8's heap takes beside its live objects. A start takes 0.06 s more of CPU for it, and a request nothing that can be
 * measured (docs/performance.md). A version of Node.js that no longer knows one of these options says so in one line and goes
 * on without it.
 */
const v8 = require('node:v8');

const enoughBytes = 8 * 2 ** 20;
const maxObjects = 1_000_000;

boundOldGeneration();
boundYoungGeneration();

/** V8 collects when the heap is larger than after the last collection by this part. By itself it waits until it has doubled. */
function boundOldGeneration() {
  v8.setFlagsFromString('--heap-growing-percent=30');
}

/**
 * Bounds it to 2 x 4 MB. By itself it grows to 32 MB, on newer versions of Node.js to 64 MB, which a request cannot use. V8
 * reads its option --max-semi-space-size only from the command line, but the growth factor at any time: so let it grow once,
 * from 1 MB to 4, and never again. (Node.js 26 grows it all the same.)
 */
function boundYoungGeneration() {
  v8.setFlagsFromString('--semi-space-growth-factor=4');
  growOnce();
  v8.setFlagsFromString('--semi-space-growth-factor=1');
}

/** Keeps objects until V8 has made room for them. */
function growOnce() {
  const kept = [];
  while (sizeBytes() < enoughBytes && kept.length < maxObjects) for (let i = 0; i < 10_000; i++) kept.push({});
}

function sizeBytes() {
  return v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size;
}
