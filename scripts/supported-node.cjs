'use strict';
/** Stops with one sentence on a Node that Pawl does not run on, or where `npm ci` is still to do. */
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  stop(`Pawl needs Node.js 20.19 or newer; this is ${process.version}.`);
}
if (!existsSync(join(__dirname, '../node_modules/@nestjs/core'))) stop('Run `npm ci` first.');

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}
