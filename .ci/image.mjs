/**
 * Does what the Dockerfile says, by hand: there is no Docker engine where this runs. Each stage is a folder below the
 * given one; RUN, and at the end CMD and HEALTHCHECK, run there as this process's user. Then the service is asked for
 * its health on a real database and stopped with SIGTERM.
 *
 *   DATABASE_URL=... node .ci/image.mjs <folder>
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const context = resolve(fileURLToPath(import.meta.url), '../..');
const [, , folder] = process.argv;
const port = '3999';

const image = buildImage(readFileSync(join(context, 'Dockerfile'), 'utf8'));
await runImage(image);

/** Carries out every stage and returns the last: its folder, environment, user, command and health check. */
function buildImage(dockerfile) {
  const stages = [];
  for (const [instruction, rest] of instructionsOf(dockerfile)) {
    const stage = stages.at(-1);
    console.log(`  ${instruction} ${rest}`);
    if (instruction === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'final';
      stages.push({ name, folder: join(folder, name), env: {} });
    } else if (instruction === 'WORKDIR') mkdirSync(stage.folder, { recursive: true });
    else if (instruction === 'ENV') Object.assign(stage.env, Object.fromEntries([rest.split('=')]));
    else if (instruction === 'COPY') copy(rest, stage, stages);
    else if (instruction === 'RUN') succeed(spawnSync(rest, { ...inside(stage), shell: true }), rest);
    else if (instruction === 'USER') stage.user = rest;
    else if (instruction === 'CMD') stage.command = JSON.parse(rest);
    else if (instruction === 'HEALTHCHECK') stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('[')));
    else if (instruction !== 'EXPOSE') throw new Error(`Teach .ci/image.mjs ${instruction}`);
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
  const origin = from ? stages.find(({ name }) => name === from).folder : context;
  for (const word of words) {
    const source = join(origin, word.replace(/^\/app\//, ''));
    cpSync(source, target.endsWith('/') ? join(stage.folder, target, basename(source)) : join(stage.folder, target), {
      recursive: true,
    });
  }
}

async function runImage(stage) {
  if (!stage.user || stage.user === 'root') throw new Error('The image runs as root');
  Object.assign(stage.env, {
    AUTH_SECRET: randomBytes(48).toString('base64'),
    PUBLIC_URL: 'https://auth.example.com',
    PORT: port,
  });
  // The image's user owns nothing there, and docker-compose.yml mounts it all read-only.
  succeed(spawnSync('chmod', ['-R', 'a-w', stage.folder]), 'chmod');
  const [program, ...args] = stage.command;
  const service = spawn(program, args, inside(stage));
  const ended = new Promise((done) => service.once('exit', (code, signal) => done(code ?? signal)));
  try {
    await untilHealthy(stage, ended);
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    console.log(`  /health/ready answers ${ready.status}`);
    if (!ready.ok) throw new Error(await ready.text());
    service.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`SIGTERM ended the service with ${code} instead of 0`);
    console.log('  SIGTERM ends it with 0');
  } finally {
    service.kill('SIGKILL');
  }
}

async function untilHealthy(stage, ended) {
  const [program, ...args] = stage.healthCheck;
  let code;
  ended.then((given) => (code = given));
  for (let attempt = 0; attempt < 60; attempt++) {
    if (code !== undefined) throw new Error(`The service ended with ${code} before it was healthy`);
    if (spawnSync(program, args, { ...inside(stage), stdio: 'ignore' }).status === 0) return;
    await sleep(500);
  }
  throw new Error('The service was not healthy within 30 seconds');
}

function inside(stage) {
  return { cwd: stage.folder, env: { ...process.env, ...stage.env }, stdio: 'inherit' };
}

function succeed({ status, error }, what) {
  if (error) throw error;
  if (status !== 0) throw new Error(`${what} failed with ${status}`);
}
