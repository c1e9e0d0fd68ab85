import { once } from 'node:events';
import pg from 'pg';
import WebSocket from 'ws';
import { ServerProcess } from './child.mjs';
import { cost, inTurns } from './cpu.mjs';
import { Connection } from './http-connection.mjs';
import { delays } from './revocation.mjs';
import { quantile } from './statistics.mjs';
import { expectStatus, password, register } from './users.mjs';

const issuer = 'http://localhost:3000';
const server = 'bench/servers/other-service.mjs';

/** What a guard of @pawl/nest costs another service, and how soon that service knows of a sign-out at Pawl. */
export async function otherService(given, tell, quick) {
  const env = { ...given, PUBLIC_URL: issuer };
  const pawl = await ServerProcess.start('bin/pawl.cjs', { env, readyPath: '/health/ready' });
  const client = await registerClient(pawl.url, env.DATABASE_URL);
  const settings = {
    ISSUER: issuer,
    JWKS_URI: `${pawl.url}/.well-known/jwks.json`,
    CLIENT_ID: client.client_id,
    CLIENT_SECRET: client.client_secret,
  };
  const orders = await ServerProcess.start(server, { env: settings, readyPath: '/bench/open' });
  await tellCost(pawl, orders, tell, quick);
  await tellDelays(pawl, orders, tell, quick);
  await tellCloses(pawl, orders, tell, quick);
  await orders.stop();
  await pawl.stop();
}

async function tellCost(pawl, orders, tell, quick) {
  const count = quick ? 4000 : 16_000;
  const unguarded = await ServerProcess.start(server, { env: { BENCH_UNGUARDED: 'yes' }, readyPath: '/bench/open' });
  const { access_token: token } = await register(pawl.url);
  const headers = { authorization: `Bearer ${token}` };
  const get = (of) =>
    cost(of, count, async (connection) => expectStatus(200, await connection.get('/bench/guarded', headers)));
  const [ours, bare] = await inTurns([() => get(orders), () => get(unguarded)], quick ? 3 : 7);
  await unguarded.stop();
  const us = ({ cpuMicroseconds }) => `${Math.round(cpuMicroseconds)} us`;
  tell('CPU of a GET behind the guard of @pawl/nest / without the package', `${us(ours)} / ${us(bare)}`);
  const more = ours.cpuMicroseconds - bare.cpuMicroseconds;
  tell('CPU that the guard of @pawl/nest adds to a GET', us({ cpuMicroseconds: more }), 'at most 40 us');
}

async function tellDelays(pawl, orders, tell, quick) {
  const measured = await delays(pawl, orders, quick ? 200 : 1000);
  const refused = measured.map(({ refusedMs }) => refusedMs);
  const late = measured.map(({ refusedMs, answeredMs }) => Math.max(0, refusedMs - answeredMs));
  tell('from a sign-out at Pawl to its refusal by another service, p50 / p99', show(refused), 'p99 under 100 ms');
  tell('of that, after the response to the sign-out, p50 / p99', show(late));
}

async function tellCloses(pawl, orders, tell, quick) {
  const connection = new Connection(pawl.url);
  const closes = [];
  for (let i = 0; i < (quick ? 50 : 200); i++) {
    const { access_token: token, refresh_token } = await register(pawl.url);
    const socket = new WebSocket(`${orders.url.replace('http', 'ws')}/socket`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await once(socket, 'open');
    const closed = once(socket, 'close');
    const sentAtMs = performance.now();
    expectStatus(204, await connection.post('/auth/logout', { refresh_token }));
    await closed;
    closes.push(performance.now() - sentAtMs);
  }
  connection.close();
  tell(
    'from a sign-out at Pawl to the close of its WebSocket at another service, p50 / p99',
    show(closes),
    'under 1 s',
  );
}

/** The client that the other service is at Pawl, registered by an admin. */
async function registerClient(url, databaseUrl) {
  const { user } = await register(url);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  await database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [user.id]);
  await database.end();
  const connection = new Connection(url);
  const login = await connection.post('/auth/login', { email: user.email, password });
  const { access_token: token } = JSON.parse(expectStatus(200, login));
  const body = { client_name: 'orders', grant_types: ['client_credentials'], scope: 'revocations' };
  const created = await connection.post('/admin/clients', body, { authorization: `Bearer ${token}` });
  connection.close();
  return JSON.parse(expectStatus(201, created));
}

function show(list) {
  return `${quantile(list, 0.5).toFixed(1)} / ${quantile(list, 0.99).toFixed(1)} ms`;
}
