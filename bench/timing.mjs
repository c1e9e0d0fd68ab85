import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from './child.mjs';
import { atEnd } from './ends.mjs';
import { Connection } from './http-connection.mjs';
import { median } from './statistics.mjs';
import { password, register } from './users.mjs';

const samplesEachWay = 200;
const warmUps = 20;

/** Requests that must not reveal whether an address is known, by route. */
const probes = [
  { path: '/auth/login', body: (email) => ({ email, password: 'not the password of anybody' }) },
  { path: '/auth/password/forgot', body: (email) => ({ email }) },
  { path: '/auth/email/resend', body: (email) => ({ email }) },
  {
    path: '/auth/register',
    body: (email) => ({ email, password }),
    // Otherwise a registration has to say that an address is taken.
    env: { REQUIRE_VERIFIED_EMAIL: 'true' },
  },
];

/** Neither status, body nor time reveals whether an address is known. Known and unknown addresses alternate, each used once. */
export async function knownOrUnknown(env, tell) {
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  atEnd(() => rm(dataDir, { recursive: true, force: true }));
  for (const probe of probes) {
    const server = await ServerProcess.start('bin/pawl.cjs', {
      env: { ...env, DATA_DIR: dataDir },
      readyPath: '/health/ready',
    });
    const known = [];
    for (let i = 0; i < samplesEachWay + warmUps; i++) known.push((await register(server.url)).user.email);
    await untilMailsAreSent(server.url);
    await server.stop();
    await measure(probe, known, { ...env, ...probe.env, DATA_DIR: dataDir }, tell);
  }
}

/** Emails of the registrations are not part of the measurement. */
async function untilMailsAreSent(url) {
  let metrics;
  do {
    await sleep(2000);
    metrics = await (await fetch(`${url}/metrics`)).text();
  } while (!/^pawl_mail_outbox_waiting 0$/m.test(metrics));
}

async function measure({ path, body }, known, env, tell) {
  const server = await ServerProcess.start('bin/pawl.cjs', { env, readyPath: '/health/ready' });
  const connection = new Connection(server.url);
  const times = { known: [], unknown: [] };
  const responses = new Set();
  const ask = async (kind, email) => {
    const startedAtMs = performance.now();
    const { status, text } = await connection.post(path, body(email));
    times[kind].push(performance.now() - startedAtMs);
    responses.add(`${status} ${text.replace(/"instance":"[^"]*"/, '')}`);
  };
  for (const [i, email] of known.entries()) {
    const pair = [() => ask('known', email), () => ask('unknown', `${randomUUID()}@example.com`)];
    // Neither is always the first of its pair.
    for (const sample of i % 2 === 0 ? pair : pair.reverse()) await sample();
    if (i + 1 === warmUps) times.known.length = times.unknown.length = 0;
  }
  connection.close();
  await server.stop();
  const [ofKnown, ofUnknown] = [median(times.known), median(times.unknown)];
  tell(
    `POST ${path}: median of a known address against an unknown one, ${times.known.length} each`,
    `${(ofKnown / ofUnknown).toFixed(3)} times (${ofKnown.toFixed(2)} / ${ofUnknown.toFixed(2)} ms)`,
    'within 5 %',
  );
  tell(`POST ${path}: different responses (status and body)`, String(responses.size), '1');
}
