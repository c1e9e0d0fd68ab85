/** Runs a command with DATABASE_URL naming an empty database on a PostgreSQL of its own, and exits as the command does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pg from 'pg';

const [, , command, ...args] = process.argv;

const keeper = spawn(process.execPath, ['test/support/postgres-keeper.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
const keeperEnded = once(keeper, 'exit');
const [url] = await Promise.race([
  once(createInterface(keeper.stdout), 'line'),
  keeperEnded.then(([code]) => Promise.reject(new Error(`PostgreSQL did not start (${code})`))),
]);
try {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE DATABASE pawl');
  await client.end();
  const DATABASE_URL = Object.assign(new URL(url), { pathname: '/pawl' }).href;
  const [code] = await once(spawn(command, args, { stdio: 'inherit', env: { ...process.env, DATABASE_URL } }), 'exit');
  process.exitCode = code ?? 1;
} finally {
  keeper.stdin.end();
  await keeperEnded;
}
