'use strict';
/**
 * Pawl for the tests of other projects: `startPawl()` of @pawl/nest/testing runs it as a child process and controls it. It
 * is no command of the program `pawl`, and it ends at once without such a parent.
 */
require('./supported-node.cjs');
require('./thread-pool.cjs');
// Node.js 22.1 and later load the service faster the second time.
require('node:module').enableCompileCache?.();
void import('../dist/app.testing.js').then(({ serveTests }) => serveTests(process));
