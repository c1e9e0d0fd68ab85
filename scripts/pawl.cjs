'use strict';
/**
 * The program `pawl` in a checkout: builds what is missing or out of date, then becomes the program, in this very process,
 * so that Ctrl-C and SIGTERM reach it directly. Without the development dependencies (`npm ci --omit=dev`), dist/ runs
 * as it is.
 */
require('../bin/one-arena.cjs');
require('./checkout.cjs');
const { existsSync } = require('node:fs');

if (existsSync('node_modules/typescript')) require('./build.cjs').ensureBuild();
require('./npm-gone.cjs').onNpmGone(() => process.kill(process.pid, 'SIGTERM'));
require('../bin/pawl.cjs');
