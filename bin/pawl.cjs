#!/usr/bin/env node
'use strict';
/**
 * The program `pawl`. Settings (.env) and data (.data) are those of the working folder. It runs the bundle, or, in a checkout
 * without one, what the compiler left in dist/. This file is CommonJS so that thread-pool.cjs runs before the first ES module.
 */
require('./supported-node.cjs');
require('./one-arena.cjs');
require('./thread-pool.cjs');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { loadBundle } = require('./bundle.cjs');

const bundle = loadBundle();
if (bundle) {
  void bundle.program();
} else if (existsSync(join(__dirname, '../dist/main.js'))) {
  process.setSourceMapsEnabled(true);
  void import('../dist/main.js');
} else {
  console.error(
    'This copy of Pawl was not built. Run `npm run build` in the checkout; pack it with `npm pack --ignore-scripts=false`.',
  );
  process.exitCode = 1;
}
