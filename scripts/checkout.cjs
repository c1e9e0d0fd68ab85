'use strict';
/** Makes the checkout the working folder. Ends the process with one sentence if this checkout cannot run yet. */
const { existsSync } = require('node:fs');
const { resolve } = require('node:path');

process.chdir(resolve(__dirname, '..'));
require('../bin/supported-node.cjs');

if (!existsSync('node_modules/@nestjs/core')) {
  console.error('The packages are not installed. Run `npm ci` first.');
  process.exit(1);
}
