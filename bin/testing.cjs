'use strict';
/**
 * Pawl for the tests of other projects: `startPawl()` of @pawl/nest/testing runs it as a child process and controls it. It
 * is no command of the program `pawl`, and it ends at once without such a parent.
 */
require('./supported-node.cjs');
require('./thread-pool.cjs');
const { loadBundle } = require('./bundle.cjs');

const testing = loadBundle()?.testing() ?? import('../dist/app.testing.js');
void testing.then(({ serveTests }) => serveTests(process));
