import pg from 'pg';
import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { quantile } from './statistics.mjs';
import { expectStatus, register } from './users.mjs';

const pawl = 'bench/servers/pawl-with-two-routes.mjs';
const busyConnections = 4;

const guarded = (connection, token) => connection.get('/bench/guarded', { authorization: `Bearer ${token}` });

/**
 * From the sign-out sent to one instance to its answer, and to the first refusal at the other, in milliseconds: what is
 * between the commit and the refusal is less.
 */
async function delayOfOne(signOut, knock) {
  const sentAtMs = performance.now();
  const answered = signOut().then((response) => {
    expectStatus(204, response);
    return performance.now() - sentAtMs;
  });
  while ((await knock()).status === 200);
  const refusedMs = performance.now() - sentAtMs;
  return { answeredMs: await answered, refusedMs };
}

/** Users sign out at `one`, and then are refused by `two`. */
export async function delays(one, two, count) {
  const [toOne, toTwo] = [new Connection(one.url), new Connection(two.url)];
  const measured = [];
  for (let i = 0; i < count; i++) {
    const { access_token: token, refresh_token } = await register(one.url);
    const knock = () => guarded(toTwo, token);
    expectStatus(200, await knock());
    measured.push(await delayOfOne(() => toOne.post('/auth/logout', { refresh_token }), knock));
    expectStatus(401, await knock());
  }
  toOne.close();
  toTwo.close();
  return measured;
}

/** Keeps both instances busy with protected requests until `work` is done. */
async function underTraffic(servers, work) {
  let raging = true;
  const { access_token: token } = await register(servers[0].url);
  const traffic = servers.flatMap(({ url }) =>
    Array.from({ length: busyConnections }, async () => {
      const connection = new Connection(url);
      while (raging) expectStatus(200, await guarded(connection, token));
      connection.close();
    }),
  );
  const result = await work();
  raging = false;
  await Promise.all(traffic);
  return result;
}

/**
 * What PostgreSQL's own log counts of an instance's statements while `work` runs. The connection that listens is not
 * counted: its heartbeat goes on however many requests there are.
 */
async function countStatements(client, work) {
  const sizeOf = async () => (await client.query(`SELECT size FROM pg_stat_file('server.log')`)).rows[0].size;
  const from = await sizeOf();
  await work();
  const { rows } = await client.query(
    `SELECT convert_from(pg_read_binary_file('server.log', $1, 100000000), 'UTF8') AS log`,
    [from],
  );
  const services = await client.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'pawl'`);
  const pids = new Set(services.rows.map(({ pid }) => pid));
  const statements = rows[0].log.matchAll(/\[(\d+)\] LOG: {2}(?:statement|execute [^:]+):/g);
  return Array.from(statements).filter(([, pid]) => pids.has(Number(pid))).length;
}

async function statementsOfRequests(env, count) {
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const { pathname } = new URL(env.DATABASE_URL);
  await client.query(`ALTER DATABASE ${pathname.slice(1)} SET log_statement = 'all'`);
  const server = await ServerProcess.start(pawl, { env, readyPath: '/health/ready' });
  const { access_token: token } = await register(server.url);
  const connection = new Connection(server.url);
  const statements = await countStatements(client, async () => {
    for (let i = 0; i < count; i++) expectStatus(200, await guarded(connection, token));
  });
  // The log is read at all, and the right connections' part of it.
  const ofOneLogout = await countStatements(client, async () =>
    expectStatus(204, await connection.post('/auth/logout', undefined, { authorization: `Bearer ${token}` })),
  );
  if (ofOneLogout === 0) throw new Error('the log of statements does not show those of the service');
  connection.close();
  await server.stop();
  await client.query(`ALTER DATABASE ${pathname.slice(1)} RESET log_statement`);
  await client.end();
  return statements;
}

/** How soon the other instance refuses what one has revoked, and what that costs a protected request in queries. */
export async function revocationDelay(given, tell, quick) {
  const env = { ...given, PUBLIC_URL: 'http://localhost:3000' }; // one issuer, whatever their ports
  const one = await ServerProcess.start(pawl, { env, readyPath: '/health/ready' });
  const two = await ServerProcess.start(pawl, { env, readyPath: '/health/ready' });
  const count = quick ? 200 : 1000;
  const show = (list) => `${quantile(list, 0.5).toFixed(1)} / ${quantile(list, 0.99).toFixed(1)} ms`;
  const tellDelays = (list, where) => {
    const refused = list.map(({ refusedMs }) => refusedMs);
    const late = list.map(({ refusedMs, answeredMs }) => Math.max(0, refusedMs - answeredMs));
    tell(`from a sign-out to its refusal by another instance, p50 / p99, ${where}`, show(refused), 'p99 under 100 ms');
    tell(`of that, after the sign-out was answered, p50 / p99, ${where}`, show(late));
  };
  tellDelays(await delays(one, two, count), 'alone');
  tellDelays(await underTraffic([one, two], () => delays(one, two, count)), 'under protected requests');
  await one.stop();
  await two.stop();

  const requests = quick ? 2000 : 10_000;
  tell(`statements of ${requests} protected requests`, String(await statementsOfRequests(env, requests)), '0');
}
