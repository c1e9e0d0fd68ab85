import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from './child.mjs';
import { atEnd } from './ends.mjs';

/** From `npm start` to the first answer, on an embedded PostgreSQL: what a newcomer waits for. */
export async function startUp({ DATABASE_URL: _, ...env }, tell) {
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  atEnd(() => rm(dataDir, { recursive: true, force: true }));
  for (const start of ['first, with initdb', 'later']) {
    const server = await ServerProcess.start('bin/pawl.cjs', {
      env: { ...env, DATA_DIR: dataDir },
      readyPath: '/health/ready',
    });
    tell(`start-up, ${start}`, `${Math.round(server.startMs)} ms`);
    await server.stop();
  }
}
