/**
 * `npm run bench [-- --quick]`: the figures of docs/performance.md, each taken beside what it is compared with, in turns in
 * one run, on the built service and an embedded PostgreSQL of its own. Loopback only; stops by itself.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshBuild } from '../scripts/fresh.cjs';
import { endEverything, endOnSignals, atEnd } from './ends.mjs';
import { ServerProcess } from './child.mjs';
import { compareRefreshes, compareRequests } from './cpu.mjs';
import { loginRate } from './logins.mjs';
import { memoryOverRefreshes } from './memory.mjs';
import { storm } from './storm.mjs';

freshBuild();
endOnSignals();
const quick = process.argv.includes('--quick');
const { startTemporaryCluster } = await import('../dist/database/embedded/temporary-cluster.js');

const rows = [];
const tell = (what, figure, goal = '') => {
  rows.push({ what, figure, goal });
  console.log(`${what}: ${figure}${goal && ` (goal: ${goal})`}`);
};
const warn = { LOG_LEVEL: 'warn', AUTH_SECRET: 'a secret of the bench with more than 32 characters' };
const pawl = 'scripts/start.cjs';

try {
  console.log(`Node ${process.version}, ${availableParallelism()} cores${quick ? ', --quick' : ''}\n`);
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  atEnd(() => rm(dataDir, { recursive: true, force: true }));
  for (const start of ['first, with initdb', 'later']) {
    const server = await ServerProcess.start(pawl, { env: { ...warn, DATA_DIR: dataDir }, readyPath: '/health/ready' });
    tell(`start-up, ${start}`, `${Math.round(server.startMs)} ms`);
    await server.stop();
  }

  const cluster = await startTemporaryCluster();
  atEnd(() => cluster.destroy());
  const env = { ...warn, DATABASE_URL: cluster.url };
  await compareRequests(env, tell, quick);
  await compareRefreshes({ ...env, REFRESH_GRACE: '0s' }, tell, quick);
  await loginRate(env, tell, quick);
  await storm(env, tell, quick);
  await memoryOverRefreshes({ ...env, REFRESH_GRACE: '0s' }, tell, quick);
} finally {
  await endEverything();
}
console.log('\n| what | measured | goal |\n| --- | --- | --- |');
for (const { what, figure, goal } of rows) console.log(`| ${what} | ${figure} | ${goal} |`);
process.exit(0);
