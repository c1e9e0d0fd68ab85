import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { median } from './statistics.mjs';
import { expectStatus, register } from './users.mjs';

const connections = 4;

/** Runs `work` `count` times over a few connections and resolves with the server's CPU microseconds and the time of one. */
export async function cost(server, count, work) {
  const pool = Array.from({ length: connections }, () => new Connection(server.url));
  const before = await server.cpuMicroseconds();
  const startedAtMs = performance.now();
  await Promise.all(
    pool.map(async (connection, index) => {
      for (let i = index; i < count; i += connections) await work(connection, index);
    }),
  );
  const elapsedMs = performance.now() - startedAtMs;
  const spent = (await server.cpuMicroseconds()) - before;
  for (const connection of pool) connection.close();
  return { cpuMicroseconds: spent / count, perSecond: (count / elapsedMs) * 1000 };
}

/** Alternates between the variants, so that other load on the machine affects all of them equally. */
export async function inTurns(variants, rounds) {
  const costs = variants.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, variant] of variants.entries()) {
      const measured = await variant();
      if (round > 0) costs[index].push(measured); // the first round warms up
    }
  }
  return costs.map((list) => ({
    cpuMicroseconds: median(list.map((one) => one.cpuMicroseconds)),
    perSecond: median(list.map((one) => one.perSecond)),
  }));
}

const expectOk = (response) => expectStatus(200, response);
const us = (value) => `${Math.round(value)} us`;
const times = (a, b) => `${(a / b).toFixed(2)} times`;

export async function compareRequests(env, tell, quick) {
  const count = quick ? 2000 : 8000;
  const pawl = await ServerProcess.start('bench/servers/pawl-with-two-routes.mjs', { env, readyPath: '/bench/open' });
  const empty = await ServerProcess.start('bench/servers/empty-nest.mjs', { env, readyPath: '/bench/open' });
  const { access_token: token } = await register(pawl.url);
  const headers = { authorization: `Bearer ${token}` };
  const [guarded, open, bare] = await inTurns(
    [
      () => cost(pawl, count, async (connection) => expectOk(await connection.get('/bench/guarded', headers))),
      () => cost(pawl, count, async (connection) => expectOk(await connection.get('/bench/open'))),
      () => cost(empty, count, async (connection) => expectOk(await connection.get('/bench/open'))),
    ],
    quick ? 3 : 7,
  );
  tell(
    'CPU of a protected GET, against an unprotected one of Pawl',
    times(guarded.cpuMicroseconds, open.cpuMicroseconds),
    'at most 1.6',
  );
  tell(
    'CPU of a protected GET, against an empty Nest route',
    times(guarded.cpuMicroseconds, bare.cpuMicroseconds),
    'at most 2',
  );
  tell(
    'CPU of a protected GET / unprotected / empty Nest route',
    [guarded, open, bare].map((one) => us(one.cpuMicroseconds)).join(' / '),
  );
  await pawl.stop();
  await empty.stop();
}

export async function compareRefreshes(given, tell, quick) {
  const env = { ...given, REFRESH_GRACE: '0s' }; // every refresh rotates
  const count = quick ? 1000 : 4000;
  const pawl = await ServerProcess.start('bin/pawl.cjs', { env, readyPath: '/health/ready' });
  const bare = await ServerProcess.start('bench/servers/bare-refresh.mjs', { env, readyPath: '/' });
  const tokens = [];
  for (let i = 0; i < connections; i++) tokens.push((await register(pawl.url)).refresh_token);
  const [ours, least] = await inTurns(
    [
      () =>
        cost(pawl, count, async (connection, index) => {
          const text = expectOk(await connection.post('/auth/refresh', { refresh_token: tokens[index] }));
          tokens[index] = JSON.parse(text).refresh_token;
        }),
      () =>
        cost(bare, count, async (connection, index) =>
          expectOk(await connection.post('/', { refresh_token: String(index) })),
        ),
    ],
    quick ? 3 : 7,
  );
  tell(
    'CPU of a refresh that rotates, against bare node:http, one prepared UPDATE, one signature',
    times(ours.cpuMicroseconds, least.cpuMicroseconds),
    '350 us where that is 155: 2.3',
  );
  tell('CPU of a refresh that rotates / the bare one', [ours, least].map((one) => us(one.cpuMicroseconds)).join(' / '));
  tell('refreshes of one process', `${Math.round(ours.perSecond)} a second`);
  await pawl.stop();
  await bare.stop();
}
