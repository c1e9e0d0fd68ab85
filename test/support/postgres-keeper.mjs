/**
 * Runs the tests' PostgreSQL for as long as its standard input is open. So it stops, and its data goes, however the test
 * run ends: at its end, by Ctrl-C, or killed. The address is its first line of output. Deletes the folder that it is given
 * as well, with all that tests have left in it.
 */
import { existsSync, rmSync } from 'node:fs';
import pg from 'pg';
import { tryBuild } from '../../scripts/build.cjs';

const [, , folder] = process.argv;
process.on('exit', () => folder && rmSync(folder, { recursive: true, force: true }));

// Tests of half-finished work may run on the last build that compiled: Jest compiles the sources itself.
if (tryBuild() !== 0 && !existsSync('dist/main.js')) process.exit(1);
const { startTemporaryCluster } = await import('../../dist/database/embedded/temporary-cluster.js');
const { migrate } = await import('../../dist/database/migrations/migrate.js');

const cluster = await startTemporaryCluster();
try {
  await prepareTemplate();
  console.log(cluster.url);
  for await (const _ of process.stdin);
} finally {
  await cluster.destroy();
}

/** Migrates `pawl_template`, of which every test's database is a copy. */
async function prepareTemplate() {
  await query('CREATE DATABASE pawl_template');
  const url = Object.assign(new URL(cluster.url), { pathname: '/pawl_template' }).href;
  await migrate(url, { log: () => undefined, warn: console.warn });
  await query('ALTER DATABASE pawl_template ALLOW_CONNECTIONS false');
}

async function query(sql) {
  const client = new pg.Client({ connectionString: cluster.url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
