import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { inProduction } from './production.mjs';
import { expectStatus, password, register } from './users.mjs';

const mib = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
const sessions = 8;
const settleMs = 3000;

export async function memory(env, tell, quick) {
  await memoryInProduction(env, tell, quick);
  await memoryOverRefreshes(env, tell, quick);
}

/** What the operating system counts, which is what an operator pays for: idle, and after refreshes and sign-ins. */
async function memoryInProduction(env, tell, quick) {
  const [refreshes, signIns] = quick ? [10_000, 100] : [100_000, 1000];
  const empty = await ServerProcess.start('bench/servers/empty-nest.mjs', {
    env: { NODE_ENV: 'production' },
    readyPath: '/bench/open',
  });
  const pawl = await ServerProcess.start('bin/pawl.cjs', {
    env: { ...inProduction(env), REFRESH_GRACE: '0s' }, // every refresh rotates
    readyPath: '/health/ready',
  });
  await sleep(settleMs);
  const [bare, idle] = [await empty.memory(), await pawl.memory()];
  await empty.stop();
  const emails = [];
  for (let i = 0; i < sessions; i++) emails.push((await register(pawl.url)).user.email);
  // Of each user's last sign-in: so many of them end the first sessions.
  const tokens = [];
  await inParallel(pawl.url, signIns, async (connection, index) => {
    const response = await connection.post('/auth/login', { email: emails[index], password });
    tokens[index] = JSON.parse(expectStatus(200, response)).refresh_token;
  });
  await refreshMany(pawl.url, refreshes, tokens);
  await sleep(settleMs);
  const used = await pawl.memory();
  tell('memory (RSS) of an empty Nest application, idle', mib(bare.rss));
  tell('memory (RSS) in production, idle', mib(idle.rss), 'at most 140 MiB');
  tell(`the same after ${refreshes} refreshes and ${signIns} sign-ins`, mib(used.rss), 'at most 200 MiB');
  await pawl.stop();
}

/** Runs `work` `count` times, over a connection for each session. */
function inParallel(url, count, work) {
  return Promise.all(
    Array.from({ length: sessions }, async (_, index) => {
      const connection = new Connection(url);
      for (let i = index; i < count; i += sessions) await work(connection, index);
      connection.close();
    }),
  );
}

/** Each session refreshes with the token of its last refresh. */
function refreshMany(url, count, tokens) {
  return inParallel(url, count, async (connection, index) => {
    const response = await connection.post('/auth/refresh', { refresh_token: tokens[index] });
    tokens[index] = JSON.parse(expectStatus(200, response)).refresh_token;
  });
}

/** Memory after a collection: idle, after the first refreshes (which fill the bounded memories), and after many more. */
async function memoryOverRefreshes(env, tell, quick) {
  const pawl = await ServerProcess.start('bin/pawl.cjs', {
    env: { ...env, REFRESH_GRACE: '0s' }, // every refresh rotates
    nodeOptions: ['--expose-gc'],
    readyPath: '/health/ready',
  });
  const idle = await pawl.memory();
  const tokens = [];
  for (let i = 0; i < sessions; i++) tokens.push((await register(pawl.url)).refresh_token);
  const [few, many] = quick ? [2000, 10_000] : [10_000, 100_000];
  await refreshMany(pawl.url, few, tokens);
  const early = await pawl.memory();
  await refreshMany(pawl.url, many - few, tokens);
  const late = await pawl.memory();
  const show = ({ heapUsed, rss }) => `${mib(heapUsed)} (rss ${mib(rss)})`;
  tell(`heap idle / after ${few} / after ${many} refreshes`, [idle, early, late].map(show).join(' / '), 'no growth');
  await pawl.stop();
}
