import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from './child.mjs';
import { atEnd } from './ends.mjs';
import { Connection } from './http-connection.mjs';
import { concurrencies } from './logins.mjs';
import { median, quantile } from './statistics.mjs';
import { expectStatus, register, signInFrom } from './users.mjs';

/** Sign-ins that arrive, as a multiple of those that the service completes in a second. */
const overload = 10;
/** After this long, the queue of hashes is full. */
const queueFillsMs = 1000;
/** Each hash at a time has 128 waiting places (src/passwords/password-hasher.ts): more, so that refused sign-ins go on arriving. */
const stormConnections = 128 * (availableParallelism() + 2);

async function p99(url, count, work) {
  const connection = new Connection(url);
  const times = [];
  for (let i = 0; i < count; i++) {
    const startedAtMs = performance.now();
    await work(connection);
    times.push(performance.now() - startedAtMs);
  }
  connection.close();
  return quantile(times, 0.99);
}

/** Sign-ins a second of the service, with nothing else to do. */
async function capacityOf({ url, email }, count) {
  const startedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: 4 }, async (_, lane) => {
      const connection = new Connection(url);
      for (let i = lane; i < count; i += 4) expectStatus(200, await signInFrom(i, connection, email));
      connection.close();
    }),
  );
  return (count / (performance.now() - startedAtMs)) * 1000;
}

/** Sign-ins at that rate until `stop` is called, which resolves with how many were sent a second. */
function startStorm({ url, email }, perSecond) {
  const script = fileURLToPath(new URL('sign-in-storm.mjs', import.meta.url));
  const storm = fork(script, [url, email, String(perSecond), String(stormConnections)]);
  atEnd(() => storm.kill());
  return async () => {
    storm.send('stop');
    const [[rate]] = await Promise.all([once(storm, 'message'), once(storm, 'exit')]);
    return rate;
  };
}

/**
 * How long the slowest hundredth of requests take while ten times as many sign in as the service can hash, against the same
 * without: for each value of PASSWORD_CONCURRENCY, in turns.
 */
export async function storm(env, tell, quick) {
  const services = [];
  for (const [concurrency, name] of concurrencies) {
    const pawl = await ServerProcess.start('bench/servers/pawl-with-two-routes.mjs', {
      env: {
        ...env,
        REFRESH_GRACE: '0s', // every refresh rotates
        TRUST_PROXY: '127.0.0.1',
        PASSWORD_CONCURRENCY: String(concurrency),
      },
      readyPath: '/health/ready',
    });
    const { access_token: token, refresh_token: refreshToken } = await register(pawl.url);
    // Another user signs in: the limit of sessions would end the one that is measured.
    const { user } = await register(pawl.url);
    const about = { url: pawl.url, email: user.email, token, refreshToken };
    const capacity = await capacityOf(about, quick ? 60 : 200);
    services.push({ ...about, name, concurrency, pawl, capacity, rates: [], p99s: {} });
  }
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    for (const service of services) await measureRound(service, quick ? 200 : 600);
  }
  for (const { name, concurrency, pawl, capacity, rates, p99s } of services) {
    for (const [what, rounds] of Object.entries(p99s)) {
      const [calm, stormy] = ['calm', 'stormy'].map((key) => median(rounds.map((one) => one[key])));
      const ratio = median(rounds.map((one) => one.stormy / one.calm));
      tell(
        `p99 of ${what} with PASSWORD_CONCURRENCY=${concurrency} (${name}) and ${Math.round(median(rates) / capacity)} times the sign-ins that are possible, against alone`,
        `${ratio.toFixed(1)} times (${stormy.toFixed(1)} / ${calm.toFixed(1)} ms)`,
        'at most 2 times',
      );
    }
    await pawl.stop();
  }
}

async function measureRound(service, count) {
  const calm = await p99s(service, count);
  const stop = startStorm(service, overload * service.capacity);
  await sleep(queueFillsMs);
  const stormy = await p99s(service, count);
  service.rates.push(await stop());
  for (const what of Object.keys(calm)) {
    (service.p99s[what] ??= []).push({ calm: calm[what], stormy: stormy[what] });
  }
}

async function p99s(service, count) {
  const headers = { authorization: `Bearer ${service.token}` };
  return {
    'a protected GET': await p99(service.url, count, async (connection) =>
      expectStatus(200, await connection.get('/bench/guarded', headers)),
    ),
    'a refresh that rotates': await p99(service.url, count, async (connection) => {
      const response = await connection.post('/auth/refresh', { refresh_token: service.refreshToken });
      service.refreshToken = JSON.parse(expectStatus(200, response)).refresh_token;
    }),
  };
}
