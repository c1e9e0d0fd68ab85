'use strict';
/**
 * `npm start`, and the image's command: makes what is missing or stale, then becomes the service, in this very process, so
 * that Ctrl-C and SIGTERM reach it without a go-between. Where the development dependencies were left out
 * (`npm ci --omit=dev`), dist/ runs as it is.
 */
const { existsSync } = require('node:fs');
const { resolve } = require('node:path');

process.chdir(resolve(__dirname, '..'));
require('./supported-node.cjs');
require('./thread-pool.cjs');
if (existsSync('node_modules/@swc/core')) require('./fresh.cjs').freshBuild();

process.setSourceMapsEnabled(true);
require('./npm-gone.cjs').onNpmGone(() => process.kill(process.pid, 'SIGTERM'));
void import('../dist/main.js');
