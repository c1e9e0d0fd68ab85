/**
 * `npm run test:mutants [-- part of a name]`: breaks a copy of the sources in every way of list.mjs, one at a time, and
 * expects the ratchet's tests to notice. Exits with 1 if one of them does not. The working tree is never touched.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureClient } from '../../scripts/prisma-client.cjs';
import startPostgres from '../support/postgres-global-setup.mjs';
import stopPostgres from '../support/postgres-global-teardown.mjs';
import { mutants } from './list.mjs';

const allSuites = [
  'src/sessions/',
  'src/tokens/',
  'test/sessions/(auth-secret|broken-connections|races|ratchet|ratchet.property|refusals|statements|strict-rotation|theft).spec',
];
const propertyRuns = '80';
const timeLimitMs = 180_000;

const root = resolve(import.meta.dirname, '../..');
const copied = ['src', 'packages', 'test', 'scripts', 'prisma', 'package.json', 'tsconfig.json', 'jest.config.mjs'];

let running;
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true;
    running?.kill();
  });
}

async function copySources(folder) {
  for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/** The name of the first test that failed; undefined when all passed. Throws when the tests could not run at all. */
async function firstFailure(folder, patterns) {
  const report = join(folder, 'report.json');
  await rm(report, { force: true });
  running = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--selectProjects=service',
      '--bail=1',
      '--silent',
      '--testTimeout=30000',
      '--json',
      `--outputFile=${report}`,
      ...patterns,
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, RUNS: propertyRuns, SHRINK: 'off' },
      timeout: timeLimitMs,
    },
  );
  let output = '';
  running.stderr.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const [code, signal] = await once(running, 'exit');
  if (stopped) throw new Error('Stopped');
  if (code === 0) return undefined;
  if (signal) return `the tests did not end within ${timeLimitMs / 1000} s`;
  const { testResults } = JSON.parse(await readFile(report, 'utf8'));
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed');
  if (!failed) throw new Error(`The tests could not run:\n${output}`);
  return failed.fullName;
}

async function killerOf(folder, suite) {
  return (await firstFailure(folder, [suite])) ?? firstFailure(folder, allSuites);
}

/** Throws when the text to replace is not there exactly once: the list is out of date then. */
async function mutated(folder, { name, file, find, replace }, work) {
  const path = join(folder, file);
  const source = await readFile(path, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold exactly once what "${name}" replaces`);
  await writeFile(
    path,
    source.replace(find, () => replace),
  );
  try {
    return await work();
  } finally {
    await writeFile(path, source);
  }
}

function tell(verdict, name, detail, sinceMs) {
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1).padStart(6);
  console.log(`${verdict.padEnd(8)} ${seconds} s  ${name}\n${' '.repeat(20)}${detail}`);
}

const [, , wanted = ''] = process.argv;
const chosen = mutants.filter(({ name }) => name.includes(wanted));
const survivors = [];
ensureClient();
const folder = await mkdtemp(join(tmpdir(), 'pawl-mutants-'));
await startPostgres();
try {
  await copySources(folder);
  // What changes nothing must be noticed too: a list that is out of date, before the long part.
  for (const mutant of chosen) await mutated(folder, mutant, () => undefined);
  const startedMs = performance.now();
  const failure = await firstFailure(folder, allSuites);
  if (failure) throw new Error(`The tests are red without any mutant: ${failure}`);
  tell('green', 'the sources as they are', '', startedMs);

  for (const mutant of chosen) {
    const sinceMs = performance.now();
    const killer = await mutated(folder, mutant, () => killerOf(folder, mutant.suite));
    tell(killer ? 'killed' : 'SURVIVED', mutant.name, killer ?? 'no test noticed', sinceMs);
    if (!killer) survivors.push(mutant.name);
  }
  console.log(`\n${chosen.length - survivors.length} of ${chosen.length} mutants killed`);
  for (const name of survivors) console.log(`survived: ${name}`);
  process.exitCode = survivors.length > 0 || chosen.length === 0 ? 1 : 0;
} finally {
  await stopPostgres();
  await rm(folder, { recursive: true, force: true });
}
