import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { median } from './statistics.mjs';
import { expectStatus, password, register } from './users.mjs';

const concurrency = Math.max(1, availableParallelism() - 1);
const cost = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Runs `work` in `width` lanes, `count` times, and resolves with how many were done in a second. */
async function rate(count, width, work) {
  const startedAtMs = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: width }, async (_, lane) => {
      while (left-- > 0) await work(lane);
    }),
  );
  return (count / (performance.now() - startedAtMs)) * 1000;
}

/** Sign-ins a second against the hashes that the machine does with nothing around them, equally many at once. */
export async function loginRate(env, tell, quick) {
  const count = quick ? 60 : 200;
  const pawl = await ServerProcess.start('bin/pawl.cjs', { env, readyPath: '/health/ready' });
  const { user } = await register(pawl.url);
  const stored = await argon2.hash(password, cost);
  const lanes = Array.from({ length: concurrency + 1 }, () => new Connection(pawl.url));
  const ratios = [];
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    const hashes = await rate(count, concurrency, () => argon2.verify(stored, password));
    const logins = await rate(count, lanes.length, async (lane) => {
      expectStatus(200, await lanes[lane].post('/auth/login', { email: user.email, password }));
    });
    ratios.push(logins / hashes);
  }
  tell('sign-ins a second, against bare argon2id verifications', `${median(ratios).toFixed(2)} times`, 'at least 0.9');
  for (const lane of lanes) lane.close();
  await pawl.stop();
}
