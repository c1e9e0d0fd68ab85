import { makeTemporaryFolder } from '../test/support/temporary-folder.mjs';

/** Four Node.js, several node_modules of the size of this checkout's, and a run of the tests. */
const neededBytes = 10 * 1024 ** 3;

console.log(await makeTemporaryFolder(neededBytes));
