/**
 * Databases of a given number of sessions, filled by PostgreSQL itself. Every id and secret follows from a number, so the bench
 * can present the refresh token of any session.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';

const sessionsPerUser = 4;
/** One session in so many has ended long ago: half of these have expired, half were revoked. */
const endedEach = 5;
const fillRows = 250_000;

const sha256 = (data) => createHash('sha256').update(data).digest();
const md5 = (text) => createHash('md5').update(text).digest('hex');

/** A UUID of version 7's shape, ascending with the number. */
const idOf = (kind, number) => {
  const digits = md5(kind + number);
  const time = number.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(0, 3)}-8${digits.slice(3, 6)}-${digits.slice(6, 18)}`;
};
const idSql = (kind, number) =>
  `(lpad(to_hex(${number}), 12, '0') || '7' || left(md5('${kind}' || ${number}), 3) || '8' || substr(md5('${kind}' || ${number}), 4, 15))::uuid`;
/** A random UUID of version 7 from this time, as the service draws it. */
const idAt = (time) =>
  `(lpad(to_hex((extract(epoch FROM ${time}) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid`;
const userNumber = (number) => Math.floor(number / sessionsPerUser);

/** What the refresh token of a filled session has in it. */
export const sessionOf = (number) => ({
  userId: idOf('user', userNumber(number)),
  sessionId: idOf('session', number),
  generation: 1,
  secret: sha256(`secret ${number}`),
});

export const hasEnded = (number) => number % endedEach === 0;

export async function connect(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Adds users and their sessions, all of which have been refreshed once. `keyId` names the secret of the tokens. */
export async function fill(client, sessions, keyId) {
  // No foreign key is looked up: every session gets its user here.
  await client.query('SET session_replication_role = replica');
  for (let from = 0; from < sessions; from += fillRows) {
    const to = Math.min(from + fillRows, sessions) - 1;
    await client.query(`
      INSERT INTO users (id, email, role, password_hash, created_at)
      SELECT ${idSql('user', 'n')}, 'user-' || n || '@example.com', 'user', '!', now() - interval '200 days'
      FROM generate_series(${userNumber(from)}, ${userNumber(to)}) n`);
    await client.query(
      `INSERT INTO sessions (user_id, id, client_id, generation, token_hash, rotation_nonce, key_id, parent_lane, rotated_at,
         seen_at, shown_seen_at, pending_seen_at, created_at, expires_at, revoked_at, revoked_reason, ip, user_agent, auth_time)
       SELECT ${idSql('user', `n / ${sessionsPerUser}`)}, ${idSql('session', 'n')}, 'pawl', 1,
         sha256(sha256(convert_to('secret ' || n, 'UTF8'))), sha256(convert_to('nonce ' || n, 'UTF8')), $1, '\\x0011223344556677',
         seen, seen, seen, seen, seen - interval '20 days', ends,
         CASE WHEN n % ${endedEach * 2} = 0 THEN seen END, CASE WHEN n % ${endedEach * 2} = 0 THEN 'logout' END,
         '198.51.100.' || n % 250, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari/537.36',
         seen - interval '20 days'
       FROM generate_series(${from}, ${to}) n,
         LATERAL (SELECT now() - interval '10 minutes' * (1 + n % 2000) - CASE WHEN n % ${endedEach} = 0 THEN interval '100 days' ELSE interval '0' END AS seen) s,
         LATERAL (SELECT now() + CASE WHEN n % ${endedEach} = 0 THEN -interval '50 days' ELSE interval '150 days' END AS ends) e`,
      [keyId],
    );
  }
  await settle(client);
}

/** Adds ended sessions of one user: `revoked`, or `expired` without having been revoked. */
export async function addEnded(client, userId, count, kind) {
  await client.query(
    `INSERT INTO sessions (user_id, id, client_id, token_hash, seen_at, shown_seen_at, pending_seen_at, created_at, expires_at,
       revoked_at, revoked_reason, user_agent)
     SELECT $1::uuid, ${idAt('at')}, 'pawl', sha256(convert_to('x' || n, 'UTF8')), at, at, at, at,
       at + interval '1 day', CASE WHEN $2 = 'revoked' THEN at END, CASE WHEN $2 = 'revoked' THEN 'logout' END, 'agent ' || n
     FROM generate_series($3::int, 1, -1) n, LATERAL (SELECT now() - interval '5 days' - n * interval '1 second' AS at) t`,
    [userId, kind, count],
  );
  await settle(client);
}

async function settle(client) {
  await client.query('VACUUM (ANALYZE) sessions');
  await client.query('VACUUM (ANALYZE) users');
  await client.query('CHECKPOINT');
}

/** CPU time so far of the connections that clients have to this database, in microseconds, as Linux counts it. */
export async function databaseCpuMicroseconds(client) {
  const { rows } = await client.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND application_name = 'pawl'`,
  );
  return rows.reduce(
    (sum, { pid }) => sum + Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000,
    0,
  );
}

/** Bytes that the same connections have written ahead so far. PostgreSQL counts them a second late. */
export async function walBytes(client) {
  const { rows } = await client.query(
    `SELECT sum(wal_bytes)::float8 AS bytes FROM pg_stat_activity a, pg_stat_get_backend_wal(a.pid)
     WHERE a.datname = current_database() AND a.application_name = 'pawl'`,
  );
  return rows[0].bytes;
}

/** Updates of `sessions` since the statistics were reset, and how many of them were heap-only. */
export async function updatesOf(client) {
  const { rows } = await client.query(
    `SELECT n_tup_upd::float8 AS updates, n_tup_hot_upd::float8 AS heap_only FROM pg_stat_user_tables WHERE relname = 'sessions'`,
  );
  return rows[0];
}
