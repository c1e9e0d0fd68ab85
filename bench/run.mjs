/**
 * `npm run bench [-- --quick] [PART ...]`: the figures of docs/performance.md, each taken beside what it is compared with, in
 * turns in one run, on the built service and an embedded PostgreSQL of its own. Loopback only; stops by itself.
 */
import { availableParallelism } from 'node:os';
import { ensureBundle } from '../scripts/build.cjs';
import { compareRefreshes, compareRequests } from './cpu.mjs';
import { endEverything, endWhateverHappens, startEnding } from './ends.mjs';
import { growth } from './growth/growth.mjs';
import { loginRate } from './logins.mjs';
import { memory } from './memory.mjs';
import { otherService } from './other-service.mjs';
import { comparePeers } from './peers.mjs';
import { revocationDelay } from './revocation.mjs';
import { startUp } from './start-up.mjs';
import { storm } from './storm.mjs';
import { knownOrUnknown } from './timing.mjs';
import { costOfTracing } from './tracing.mjs';

const parts = {
  'start-up': startUp,
  requests: compareRequests,
  refreshes: compareRefreshes,
  logins: loginRate,
  storm,
  timing: knownOrUnknown,
  revocation: revocationDelay,
  'other-service': otherService,
  memory,
  peers: comparePeers,
  tracing: costOfTracing,
  growth,
};
/** They run only when they are named: one installs packages of others, one fills a database with ten million sessions. */
const onlyByName = ['peers', 'growth'];
const [, , ...given] = process.argv;
const quick = given.includes('--quick');
const wanted = given.filter((argument) => argument !== '--quick');
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}: ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}

ensureBundle();
endWhateverHappens();
const { startTemporaryCluster } = await import('../dist/database/embedded/temporary-cluster.js');

const rows = [];
const tell = (what, figure, goal = '') => {
  rows.push({ what, figure, goal });
  console.log(`${what}: ${figure}${goal && ` (goal: ${goal})`}`);
};

try {
  console.log(`Node ${process.version}, ${availableParallelism()} cores${quick ? ', --quick' : ''}\n`);
  const cluster = await startEnding(startTemporaryCluster(), (started) => started.destroy());
  const env = {
    LOG_LEVEL: 'warn',
    // Everything comes from one address here.
    RATE_LIMITS: 'off',
    AUTH_SECRET: 'a secret of the bench with more than 32 characters',
    DATABASE_URL: cluster.url,
  };
  for (const [name, measure] of Object.entries(parts)) {
    if (wanted.includes(name) || (wanted.length === 0 && !onlyByName.includes(name))) await measure(env, tell, quick);
  }
} finally {
  await endEverything();
}
console.log('\n| what | measured | goal |\n| --- | --- | --- |');
for (const { what, figure, goal } of rows) console.log(`| ${what} | ${figure} | ${goal} |`);
process.exit(0);
