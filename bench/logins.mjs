import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { median } from './statistics.mjs';
import { expectStatus, hashing, password, register } from './users.mjs';

const cores = availableParallelism();
/** The values of PASSWORD_CONCURRENCY that are compared, with what people call them. */
export const concurrencies = new Map([
  [Math.max(1, cores - 1), 'cores less one'],
  [cores, 'all cores'],
]);

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

/**
 * Sign-ins a second against the hashes that the machine does with nothing around them: equally many at once, and on all
 * cores. One more request than hashes is under way, so that there is always one that waits.
 */
export async function loginRate(env, tell, quick) {
  const count = quick ? 60 : 200;
  const stored = await argon2.hash(password, hashing);
  const bare = (width) => rate(count, width, () => argon2.verify(stored, password));
  const services = [];
  for (const [concurrency, name] of concurrencies) {
    const pawl = await ServerProcess.start('bin/pawl.cjs', {
      env: { ...env, PASSWORD_CONCURRENCY: String(concurrency) },
      readyPath: '/health/ready',
    });
    const { user } = await register(pawl.url);
    const lanes = Array.from({ length: concurrency + 1 }, () => new Connection(pawl.url));
    const signIn = async (lane) =>
      expectStatus(200, await lanes[lane].post('/auth/login', { email: user.email, password }));
    services.push({ concurrency, name, pawl, lanes, signIn, ofSame: [], ofMachine: [] });
  }
  for (let round = 0; round < (quick ? 5 : 9); round++) {
    for (const { concurrency, lanes, signIn, ofSame, ofMachine } of services) {
      const hashes = await bare(concurrency);
      const logins = await rate(count, lanes.length, signIn);
      ofSame.push(logins / hashes);
      ofMachine.push(logins / (await bare(cores)));
    }
  }
  for (const { concurrency, name, pawl, lanes, ofSame, ofMachine } of services) {
    const figure = `${median(ofSame).toFixed(2)} / ${median(ofMachine).toFixed(2)} times`;
    tell(
      `sign-ins a second with PASSWORD_CONCURRENCY=${concurrency} (${name}), against as many bare argon2id verifications at once / as the machine does`,
      figure,
      'at least 0.9 of as many at once',
    );
    for (const lane of lanes) lane.close();
    await pawl.stop();
  }
}
