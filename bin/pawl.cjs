#!/usr/bin/env node
'use strict';
/**
 * The program `pawl`: runs what was built into dist/. Settings (.env) and data (.data) are those of the working folder.
 * This file is CommonJS so that thread-pool.cjs runs before the first ES module.
 */
require('./supported-node.cjs');
require('./thread-pool.cjs');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

if (!existsSync(join(__dirname, '../dist/main.js'))) {
  console.error(
    'This copy of Pawl was not built. Run `npm run build` in the checkout; pack it with `npm pack --ignore-scripts=false`.',
  );
  process.exit(1);
}
process.setSourceMapsEnabled(true);
void import('../dist/main.js');
