import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from './child.mjs';
import { atEnd } from './ends.mjs';
import { inProduction } from './production.mjs';
import { median } from './statistics.mjs';

export async function startUp(env, tell, quick) {
  await startWithEmbeddedDatabase(env, tell);
  await startInProduction(env, tell, quick);
}

/** From the start of the program to the first answer, on an embedded PostgreSQL: what a newcomer waits for. */
async function startWithEmbeddedDatabase({ DATABASE_URL: _, ...env }, tell) {
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  atEnd(() => rm(dataDir, { recursive: true, force: true }));
  for (const start of ['first, with initdb', 'later']) {
    const server = await ServerProcess.start('bin/pawl.cjs', {
      env: { ...env, DATA_DIR: dataDir },
      readyPath: '/health/ready',
    });
    tell(`start-up, ${start}`, `${Math.round(server.startMs)} ms`, start === 'later' ? '2 s' : '');
    await server.stop();
  }
}

/** The same in production, on a database that is there and up to date, in turns with an empty Nest application. */
async function startInProduction(env, tell, quick) {
  const production = inProduction(env);
  const [ours, empty] = await firstAnswers(quick ? 3 : 9, [
    { script: 'bin/pawl.cjs', env: production, readyPath: '/health/ready' },
    { script: 'bench/servers/empty-nest.mjs', env: { NODE_ENV: 'production' }, readyPath: '/bench/open' },
  ]);
  const ratio = (of) => (of(ours) / of(empty)).toFixed(2);
  tell(
    'first answer in production, compared with an empty Nest application: time / CPU',
    `${ratio(({ ms }) => ms)} times / ${ratio(({ cpuMs }) => cpuMs)} times`,
    'at most 1.5',
  );
  const show = ({ ms, cpuMs }) => `${Math.round(ms)} ms (CPU ${Math.round(cpuMs)} ms)`;
  tell('first answer in production / of an empty Nest application', `${show(ours)} / ${show(empty)}`);
}

/** The medians for each program. The first round warms up: it applies the migrations. */
async function firstAnswers(rounds, programs) {
  const starts = programs.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { script, ...options }] of programs.entries()) {
      const server = await ServerProcess.start(script, options);
      const cpuMs = (await server.cpuMicroseconds()) / 1000;
      if (round > 0) starts[index].push({ ms: server.startMs, cpuMs });
      await server.stop();
    }
  }
  return starts.map((list) => ({
    ms: median(list.map(({ ms }) => ms)),
    cpuMs: median(list.map(({ cpuMs }) => cpuMs)),
  }));
}
