import { ServerProcess } from '../child.mjs';
import { atEnd } from '../ends.mjs';
import { Connection } from '../http-connection.mjs';
import { median, quantile } from '../statistics.mjs';
import { expectStatus, password, register } from '../users.mjs';
import { addEnded, connect, databaseCpuMicroseconds, fill, updatesOf } from './database.mjs';
import { RandomRefreshes } from './refreshes.mjs';

/** What grows with the number of sessions, and what does not: databases of several sizes, in turns in one run. */
export async function growth(given, tell, quick) {
  const { KeyRing } = await import('../../dist/secrets/key-ring.js');
  const { encodeRefreshToken } = await import('../../dist/sessions/refresh-token.js');
  const keys = new KeyRing([given.AUTH_SECRET]).current;
  const env = {
    ...given,
    REFRESH_GRACE: '0s', // every refresh rotates
    // The database is what is measured.
    ARGON2_MEMORY_KIB: '1024',
    ARGON2_PASSES: '1',
    DATABASE_POOL_SIZE: '4',
  };
  const sizes = quick ? [1000, 200_000] : [1000, 100_000, 10_000_000];
  const databases = [];
  for (const sessions of sizes) databases.push(await prepare(env, sessions, keys.id));

  await useDurableSettings(given.DATABASE_URL);

  const encode = (token) => encodeRefreshToken(token, keys);
  const runs = databases.map((database) => new RandomRefreshes(database, encode));
  await compareRefreshes(runs, tell, quick);
  const [largest] = runs.slice(-1);
  await cleanUpBesideRefreshes(largest, tell, quick);
  await signInsWithMuchHistory(databases.at(-1), tell, quick);
  await reportHeapOnly(databases, tell);
}

/** As in production: the bench's cluster is started without. */
async function useDurableSettings(url) {
  const client = await connect(url);
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'])
    await client.query(`ALTER SYSTEM SET ${name} = on`);
  await client.query(`ALTER SYSTEM SET max_wal_size = '4GB'`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}

async function prepare(env, sessions, keyId) {
  const name = `growth_${sessions}`;
  const admin = await connect(env.DATABASE_URL);
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = Object.assign(new URL(env.DATABASE_URL), { pathname: `/${name}` }).href;
  const server = await ServerProcess.start('bench/servers/pawl-with-clean-up.mjs', {
    env: { ...env, DATABASE_URL: url },
    readyPath: '/health/ready',
  });
  const client = await connect(url);
  atEnd(() => client.end());
  const startedAtMs = performance.now();
  await fill(client, sessions, keyId);
  console.log(`  ${sessions} sessions filled in ${Math.round((performance.now() - startedAtMs) / 1000)} s`);
  await client.query('RESET session_replication_role');
  await client.query('SELECT pg_stat_reset()');
  return { server, client, sessions, url };
}

async function compareRefreshes(runs, tell, quick) {
  const [rounds, count] = quick ? [3, 400] : [8, 2000];
  for (let round = 0; round <= rounds; round++) for (const run of runs) await run.round(count, round > 0);
  const [least] = runs;
  for (const run of runs) {
    const { serviceMicroseconds, databaseMicroseconds, walBytes, medianMs, p99Ms } = run.perRefresh;
    tell(
      `refresh at ${run.sessions.toLocaleString('en')} sessions: CPU of service + database, WAL, median / p99`,
      `${Math.round(serviceMicroseconds)} + ${Math.round(databaseMicroseconds)} us, ${(walBytes / 1024).toFixed(1)} KiB, ${medianMs.toFixed(2)} / ${p99Ms.toFixed(1)} ms`,
    );
  }
  const largest = runs.at(-1);
  tell(
    `CPU of a refresh at ${largest.sessions.toLocaleString('en')} sessions, against ${least.sessions.toLocaleString('en')}`,
    `${(largest.perRefresh.microseconds / least.perRefresh.microseconds).toFixed(2)} times`,
    'at most 1.2',
  );
}

/** A fifth of the sessions have ended long ago. Their clean-up runs while others are refreshed. */
async function cleanUpBesideRefreshes(run, tell, quick) {
  const connection = new Connection(run.server.url);
  const calm = [];
  for (let i = 0; i < (quick ? 300 : 2000); i++) calm.push(await run.one(connection));
  const cleaner = new Connection(run.server.url);
  const startedAtMs = performance.now();
  let cleaning = true;
  const cleanUp = cleaner.post('/bench/clean-up').finally(() => (cleaning = false));
  const beside = [];
  while (cleaning) beside.push(await run.one(connection));
  const { deleted } = JSON.parse(expectStatus(200, await cleanUp).trim() || '{}');
  const seconds = (performance.now() - startedAtMs) / 1000;
  cleaner.close();
  connection.close();
  tell(
    `clean-up of ${deleted.toLocaleString('en')} of ${run.sessions.toLocaleString('en')} sessions`,
    `${seconds.toFixed(1)} s`,
  );
  const show = (times) => [0.5, 0.99, 1].map((part) => quantile(times, part).toFixed(1)).join(' / ');
  tell('refresh alone, median / p99 / slowest', `${show(calm)} ms`);
  tell('the same during the clean-up', `${show(beside)} ms`);
}

/** Sign-ins of users with very many ended sessions, in turns with one of a user without. */
async function signInsWithMuchHistory({ server, client }, tell, quick) {
  const history = quick ? 50_000 : 1_000_000;
  const users = [];
  for (const kind of ['none', 'revoked', 'expired']) {
    const { user } = await register(server.url);
    // Only a confirmed address gets a notice of a new device, and looking for one is what could take long.
    await client.query('UPDATE users SET email_verified = true WHERE id = $1', [user.id]);
    if (kind !== 'none') await addEnded(client, user.id, history, kind);
    users.push({ kind, email: user.email, times: [], databaseMicroseconds: 0 });
  }
  const connection = new Connection(server.url);
  const signIns = quick ? 30 : 200;
  for (let i = 0; i < signIns; i++) {
    for (const user of users) {
      const before = await databaseCpuMicroseconds(client);
      const startedAtMs = performance.now();
      const agent = { 'user-agent': `a new device ${i}` };
      expectStatus(200, await connection.post('/auth/login', { email: user.email, password }, agent));
      user.times.push(performance.now() - startedAtMs);
      user.databaseMicroseconds += (await databaseCpuMicroseconds(client)) - before;
    }
  }
  connection.close();
  const [none, ...others] = users;
  const show = ({ times, databaseMicroseconds }) =>
    `${median(times).toFixed(1)} / ${quantile(times, 0.99).toFixed(1)} ms, ${(databaseMicroseconds / signIns / 1000).toFixed(1)} ms of CPU of the database`;
  tell('sign-in of a user without a history, median / p99', show(none));
  for (const user of others) {
    tell(`sign-in of a user with ${history.toLocaleString('en')} ${user.kind} sessions, median / p99`, show(user));
  }
}

async function reportHeapOnly(databases, tell) {
  for (const { server, client, sessions } of databases) {
    // PostgreSQL counts what a connection did when it ends.
    await server.stop();
    const { updates, heap_only: heapOnly } = await updatesOf(client);
    const share = `${((100 * heapOnly) / updates).toFixed(1)} % of ${updates.toLocaleString('en')}`;
    tell(`heap-only updates at ${sessions.toLocaleString('en')} sessions`, share, 'at least 95 %');
  }
}
