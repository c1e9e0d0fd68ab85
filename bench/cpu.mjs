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
    rounds: list,
  }));
}

/** How many times the CPU of `b` is that of `a`: the median over the rounds, since other work differs from round to round. */
const times = (a, b) =>
  `${median(a.rounds.map((one, round) => one.cpuMicroseconds / b.rounds[round].cpuMicroseconds)).toFixed(2)} times`;

const expectOk = (response) => expectStatus(200, response);
const us = (value) => `${Math.round(value)} us`;
const notesOfUser = 5;

export async function compareRequests(env, tell, quick) {
  const count = quick ? 2000 : 8000;
  const pawl = await ServerProcess.start('bench/servers/pawl-with-two-routes.mjs', { env, readyPath: '/bench/open' });
  const empty = await ServerProcess.start('bench/servers/empty-nest.mjs', { env, readyPath: '/bench/open' });
  const { access_token: token } = await register(pawl.url);
  const headers = { authorization: `Bearer ${token}` };
  await writeNotes(pawl.url, headers);
  const get = (server, path, given) => () =>
    cost(server, count, async (connection) => expectOk(await connection.get(path, given)));
  const [guarded, open, bare, me, notes] = await inTurns(
    [
      get(pawl, '/bench/guarded', headers),
      get(pawl, '/bench/open'),
      get(empty, '/bench/open'),
      get(pawl, '/auth/me', headers),
      get(pawl, '/notes', headers),
    ],
    quick ? 5 : 9,
  );
  tell('CPU of a protected GET, against an unprotected one of Pawl', times(guarded, open), 'at most 1.2');
  tell('CPU of a protected GET, against an empty Nest route', times(guarded, bare), 'at most 2');
  tell(
    'CPU of a protected GET / unprotected / empty Nest route',
    [guarded, open, bare].map((one) => us(one.cpuMicroseconds)).join(' / '),
  );
  tell('CPU of GET /auth/me', us(me.cpuMicroseconds), 'at most 250 us');
  tell(`CPU of GET /notes with ${notesOfUser} notes`, us(notes.cpuMicroseconds), 'at most 250 us');
  tell(
    'CPU of GET /auth/me / GET /notes, against an unprotected GET',
    [me, notes].map((one) => times(one, open)).join(' / '),
  );
  await pawl.stop();
  await empty.stop();
}

async function writeNotes(url, headers) {
  const connection = new Connection(url);
  for (let i = 0; i < notesOfUser; i++) {
    expectStatus(201, await connection.post('/notes', { title: 'Groceries', body: 'Bread, salt' }, headers));
  }
  connection.close();
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
    quick ? 5 : 9,
  );
  tell(
    'CPU of a refresh that rotates, against bare node:http, one prepared UPDATE, one signature',
    times(ours, least),
    'at most 2.0',
  );
  tell('CPU of a refresh that rotates / the bare one', [ours, least].map((one) => us(one.cpuMicroseconds)).join(' / '));
  tell('refreshes of one process', `${Math.round(ours.perSecond)} a second`);
  await pawl.stop();
  await bare.stop();
}
