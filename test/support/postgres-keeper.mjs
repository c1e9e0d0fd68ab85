/**
 * Runs the tests' PostgreSQL for as long as its standard input is open. So it stops, and its data goes, however the test
 * run ends: at its end, by Ctrl-C, or killed. The address is its first line of output.
 */
import { registerTypeScript } from '../../scripts/typescript-loader.mjs';

registerTypeScript();
const { startTemporaryCluster } = await import('../../src/database/embedded/temporary-cluster.ts');
const { prepareTemplate } = await import('./database.ts');

const cluster = await startTemporaryCluster();
try {
  await prepareTemplate(cluster.url);
  console.log(cluster.url);
  for await (const _ of process.stdin);
} finally {
  await cluster.destroy();
}
