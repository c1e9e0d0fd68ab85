/**
 * `node packages/nest/test/matrix/run.mjs [11] [12]`: packs the package, installs the tarball in a CommonJS project with
 * NestJS 11 and Jest and in an ES module project with NestJS 12 and Vitest, and runs the same twelve cases on every
 * transport there. NATS is included if there is a `nats-server`. `--keep=FOLDER` installs below FOLDER, and only once;
 * `--tarball=FILE` packs nothing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transformSync } from 'esbuild';

const root = resolve(import.meta.dirname, '../../../..');
const runTimeoutMs = 10 * 60_000;
const fixture = join(import.meta.dirname, 'fixture');
const given = process.argv.slice(2);
const option = (name) => given.find((argument) => argument.startsWith(`--${name}=`))?.slice(`--${name}=`.length);
const kept = option('keep');
const wanted = given.filter((argument) => !argument.startsWith('--'));

const shared = {
  '@apollo/server': '5.5.1',
  '@as-integrations/express5': '1.1.2',
  '@grpc/grpc-js': '1.14.7',
  '@grpc/proto-loader': '0.8.1',
  graphql: '16.15.0',
  'graphql-ws': '6.4.2',
  kafkajs: '2.2.4',
  mercurius: '16.10.1',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  'socket.io-client': '4.8.4',
  ws: '8.23.0',
};

const projects = {
  11: {
    type: 'commonjs',
    dependencies: {
      ...shared,
      ...versions('11', ['common', 'core', 'platform-express', 'platform-fastify']),
      ...versions('11', ['websockets', 'platform-ws', 'platform-socket.io', 'microservices']),
      ...versions('13', ['graphql', 'apollo', 'mercurius']),
      nats: '2.29.3',
      jest: '30.5.2',
    },
    // Its later versions are ES modules only, which Jest cannot require either: Mercurius uses it.
    overrides: { 'content-disposition': '2.0.1' },
    natsPackage: 'nats',
    testApi: 'export const { afterAll, beforeAll, describe, expect, it } = globalThis;',
    // Without any configuration: this is what the package promises. Mercurius needs the flag by itself.
    runs: [
      { test: ['node_modules/jest/bin/jest.js', '--json', '--outputFile=report.json'] },
      {
        test: ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testNamePattern=Mercurius'],
        env: { PAWL_MATRIX_MERCURIUS: 'yes' },
      },
    ],
  },
  12: {
    type: 'module',
    dependencies: {
      ...shared,
      ...versions('12', ['common', 'core', 'platform-express', 'platform-fastify']),
      ...versions('12', ['websockets', 'platform-ws', 'platform-socket.io', 'microservices']),
      ...versions('14', ['graphql', 'apollo', 'mercurius']),
      '@nats-io/transport-node': '3.4.0',
      vitest: '4',
    },
    natsPackage: '@nats-io/transport-node',
    testApi: "export { afterAll, beforeAll, describe, expect, it } from 'vitest';",
    runs: [
      {
        test: [
          'node_modules/vitest/vitest.mjs',
          'run',
          '--reporter=verbose',
          '--reporter=json',
          '--outputFile=report.json',
        ],
        env: { PAWL_MATRIX_MERCURIUS: 'yes' },
      },
    ],
  },
};

function versions(major, names) {
  return Object.fromEntries(names.map((name) => [`@nestjs/${name}`, major]));
}

const parent = kept ?? mkdtempSync(join(tmpdir(), 'pawl-matrix-'));
mkdirSync(parent, { recursive: true });
const nats = await startNats();
try {
  const tarball = option('tarball') ?? pack();
  let failed = false;
  for (const major of wanted.length > 0 ? wanted : Object.keys(projects)) {
    failed = !runProject(major, tarball) || failed;
  }
  process.exitCode = failed ? 1 : 0;
} finally {
  nats?.process.kill();
  if (!kept) rmSync(parent, { recursive: true, force: true });
}

function pack() {
  const folder = join(root, 'packages/nest');
  const packed = run(
    'npm',
    ['pack', '--ignore-scripts=false', '--silent', '--pack-destination', parent],
    folder,
    'pipe',
  );
  return join(parent, packed.stdout.toString().trim().split('\n').at(-1));
}

function runProject(major, tarball) {
  const project = projects[major];
  const folder = join(parent, `nest-${major}`);
  mkdirSync(folder, { recursive: true });
  const { type, dependencies, overrides } = project;
  const isInstalled = existsSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type, dependencies, overrides }));
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  if (!isInstalled) run('npm', install, folder);
  run('npm', [...install, '--no-save', '--prefer-offline', tarball], folder);
  copyFixture(folder, project);
  console.log(`\nNestJS ${major}, ${type}, Node.js ${process.version}`);
  const ok = project.runs.map(({ test, env }) => {
    const all = { ...process.env, ...env, PAWL_MATRIX_FOLDER: folder, ...(nats && { PAWL_MATRIX_NATS: nats.url }) };
    const options = { cwd: folder, stdio: 'inherit', env: all, timeout: runTimeoutMs };
    return spawnSync(process.execPath, test, options).status === 0;
  });
  if (existsSync(join(folder, 'report.json'))) {
    mkdirSync(join(root, 'coverage'), { recursive: true });
    cpSync(join(folder, 'report.json'), join(root, `coverage/nest-${major}-tests.json`));
  }
  return ok.every(Boolean);
}

/** The fixture as ES modules, or translated for a CommonJS project. */
function copyFixture(folder, { type, natsPackage, testApi }) {
  const files = readdirSync(fixture).map((name) => [name, readFileSync(join(fixture, name), 'utf8')]);
  files.push(['test-api.mjs', testApi], ['nats-headers.mjs', natsHeaders(natsPackage)]);
  for (const [name, text] of files) {
    if (!name.endsWith('.mjs')) writeFileSync(join(folder, name), text);
    else if (type === 'module') writeFileSync(join(folder, name.replace(/\.mjs$/, '.js')), withJsNames(text));
    else {
      const { code } = transformSync(withJsNames(text), { format: 'cjs', target: 'node20', platform: 'node' });
      writeFileSync(join(folder, name.replace(/\.mjs$/, '.js')), code);
    }
  }
}

function withJsNames(text) {
  return text.replaceAll(/(from '\.\/[\w-]+)\.mjs'/g, "$1.js'");
}

function natsHeaders(natsPackage) {
  return `import { headers } from '${natsPackage}';
export function natsHeaders(values) {
  const all = headers();
  for (const [name, value] of Object.entries(values)) all.set(name, value);
  return all;
}`;
}

async function startNats() {
  const port = await freePort();
  const path = `${process.env.PATH}:/usr/sbin`;
  if (spawnSync('nats-server', ['--version'], { env: { PATH: path } }).status !== 0) return undefined;
  const server = spawn('nats-server', ['--addr=127.0.0.1', `--port=${port}`], {
    env: { PATH: path },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  while (!log.includes('Server is ready')) log += (await once(server.stderr, 'data'))[0];
  server.stderr.resume();
  return { process: server, url: `nats://127.0.0.1:${port}` };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function run(program, args, cwd, stdout = 'inherit') {
  const result = spawnSync(program, args, { cwd, stdio: ['ignore', stdout, 'inherit'] });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')} failed with ${result.status}`);
  return result;
}
