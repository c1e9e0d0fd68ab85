'use strict';
/** Ends the process with one sentence if this Node.js is too old for Pawl. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Pawl needs Node.js 20.19 or newer, and this is ${process.version}. Install a newer version.`);
  process.exit(1);
}
