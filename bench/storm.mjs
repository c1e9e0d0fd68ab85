import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { concurrencies } from './logins.mjs';
import { median, quantile } from './statistics.mjs';
import { expectStatus, password, register } from './users.mjs';

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

/** Signs in from many addresses: one address alone gets only a part of the queue. */
function signIn(connection, email, i) {
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  return connection.post('/auth/login', { email, password }, { 'x-forwarded-for': address });
}

/** Sign-ins a second of the service, with nothing else to do. */
async function capacityOf({ url, email }, count) {
  const startedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: 4 }, async (_, lane) => {
      const connection = new Connection(url);
      for (let i = lane; i < count; i += 4) expectStatus(200, await signIn(connection, email, i * 256));
      connection.close();
    }),
  );
  return (count / (performance.now() - startedAtMs)) * 1000;
}

/** Sign-ins at that rate, whatever becomes of them, until `stop` is called, which resolves with how many were sent a second. */
function startStorm({ url, email }, perSecond) {
  const startedAtMs = performance.now();
  let [sent, raging] = [0, true];
  const lanes = Array.from({ length: stormConnections }, async () => {
    const connection = new Connection(url);
    while (raging) {
      const dueAtMs = startedAtMs + (sent / perSecond) * 1000;
      const number = sent++;
      if (dueAtMs > performance.now()) await sleep(dueAtMs - performance.now());
      // Most are refused, and some find no room to connect.
      if (raging) await signIn(connection, email, number * 256).catch(() => undefined);
    }
    connection.close();
  });
  return async () => {
    raging = false;
    const rate = (sent / (performance.now() - startedAtMs)) * 1000;
    await Promise.all(lanes);
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
