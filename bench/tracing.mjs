import { ServerProcess } from './child.mjs';
import { cost, inTurns } from './cpu.mjs';
import { expectStatus, register } from './users.mjs';

/** CPU of a protected request and of a refresh: without an SDK, with one that samples a tenth, and with one that samples all. */
export async function costOfTracing(given, tell, quick) {
  const env = { ...given, REFRESH_GRACE: '0s' }; // every refresh rotates
  const count = quick ? 1000 : 4000;
  const sdk = ['--import', './bench/servers/discarding-sdk.mjs'];
  const kinds = [
    { env, nodeOptions: [] },
    { env: { ...env, TRACES: '0.1' }, nodeOptions: sdk },
    { env: { ...env, TRACES: '1' }, nodeOptions: sdk },
  ];
  const servers = [];
  for (const kind of kinds) {
    const server = await ServerProcess.start('bench/servers/pawl-with-two-routes.mjs', {
      ...kind,
      readyPath: '/bench/open',
    });
    const users = [];
    for (let i = 0; i < 4; i++) users.push(await register(server.url));
    servers.push({ server, users });
  }
  const variants = (work) =>
    servers.map(
      ({ server, users }) =>
        () =>
          cost(server, count, (...args) => work(users, ...args)),
    );
  const show = (costs) => costs.map((one) => `${Math.round(one.cpuMicroseconds)} us`).join(' / ');
  const guarded = await inTurns(
    variants(async ([{ access_token: token }], connection) =>
      expectStatus(200, await connection.get('/bench/guarded', { authorization: `Bearer ${token}` })),
    ),
    quick ? 3 : 7,
  );
  tell('CPU of a protected GET without an SDK / traces of 10 % / traces of all', show(guarded));
  const refreshes = await inTurns(
    variants(async (users, connection, index) => {
      const user = users[index];
      const text = expectStatus(200, await connection.post('/auth/refresh', { refresh_token: user.refresh_token }));
      user.refresh_token = JSON.parse(text).refresh_token;
    }),
    quick ? 3 : 7,
  );
  tell('CPU of a refresh that rotates without an SDK / traces of 10 % / traces of all', show(refreshes));
  for (const { server } of servers) await server.stop();
}
