import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import argon2 from 'argon2';
import { ServerProcess } from './child.mjs';
import { cost, inTurns } from './cpu.mjs';
import { peersPicture } from './peers/picture.mjs';
import { startBetterAuth, startOidcProvider, startPawl, startTutorial } from './peers/services.mjs';
import { expectStatus, hashing, password } from './users.mjs';

const folder = fileURLToPath(new URL('peers', import.meta.url));
const picture = fileURLToPath(new URL('../docs/images/peers.svg', import.meta.url));

/**
 * Pawl beside what a team could take instead, each as its documents set it up, in production mode, on one PostgreSQL, in turns:
 * the CPU time of the service's process for a request, and its ratio to a yardstick. That is bench/servers/bare-refresh.mjs
 * for a renewal, an empty `node:http` for a protected request, and one argon2id verification for a sign-in.
 */
export async function comparePeers(given, tell, quick) {
  installPeers();
  const env = { ...given, NODE_ENV: 'production', PUBLIC_URL: 'https://auth.example.com', REFRESH_GRACE: '0s' };
  const services = [];
  // Pawl first: it refuses a database that holds tables of others.
  for (const start of [startPawl, startBetterAuth, startOidcProvider, startTutorial]) services.push(await start(env));
  const bare = await ServerProcess.start('bench/servers/bare-refresh.mjs', { env, readyPath: '/' });

  const many = quick ? 500 : 2000;
  const fewHashes = quick ? 12 : 40;
  const empty = async (connection) => expectStatus(200, await connection.get('/'));
  const comparisons = [
    {
      what: 'Renewing a session',
      request: 'renewal',
      yardstick: () =>
        cost(bare, many, async (connection, lane) =>
          expectStatus(200, await connection.post('/', { refresh_token: String(lane) })),
        ),
    },
    { what: 'Protected route', request: 'protectedRoute', yardstick: () => cost(bare, many, empty) },
    { what: "Reading one's own user", request: 'ownUser', yardstick: () => cost(bare, many, empty) },
    { what: 'Signing in', request: 'signIn', yardstick: () => verifications(fewHashes) },
  ];
  const figures = [];
  for (const { what, request, yardstick } of comparisons) {
    const measured = services.flatMap(({ name, [request]: asked }) => (asked ? [{ name, ...asked }] : []));
    const [least, ...costs] = await inTurns(
      [
        yardstick,
        ...measured.map(
          ({ server, send, hashes }) =>
            () =>
              cost(server, hashes ? fewHashes : many, send),
        ),
      ],
      quick ? 3 : 7,
    );
    tell(`${what}: the yardstick`, show(least.cpuMicroseconds));
    for (const [index, { name }] of measured.entries()) {
      const { cpuMicroseconds } = costs[index];
      const ratio = cpuMicroseconds / least.cpuMicroseconds;
      figures.push({ what, name, cpuMicroseconds, ratio });
      tell(`${what}: ${name}`, `${show(cpuMicroseconds)}, ${ratio.toFixed(1)} times the yardstick`);
    }
  }
  if (!quick) await writeFile(picture, peersPicture(figures, show));
}

const show = (cpuMicroseconds) =>
  cpuMicroseconds < 10_000 ? `${Math.round(cpuMicroseconds)} us` : `${(cpuMicroseconds / 1000).toFixed(1)} ms`;

/** Their packages are installed where nothing of Pawl finds them. */
function installPeers() {
  if (existsSync(`${folder}/node_modules`)) return;
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ci in bench/peers ended with ${status}.`);
}

let stored;
/** The CPU time of one argon2id verification with Pawl's parameters. */
async function verifications(count) {
  stored ??= await argon2.hash(password, hashing);
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await argon2.verify(stored, password);
  const { user, system } = process.cpuUsage(before);
  return { cpuMicroseconds: (user + system) / count };
}
