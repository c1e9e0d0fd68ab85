'use strict';
/** `node scripts/start.cjs`: how the service was started before there was the program `pawl`. */
process.argv.splice(2, Infinity, 'start');
require('./pawl.cjs');
