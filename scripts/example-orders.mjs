/**
 * `npm run example:orders`: Pawl, and beside it the service of examples/orders, which is registered there as a client. Both
 * stop with Ctrl-C. PAWL_PORT (3000) and ORDERS_PORT (3001) choose the ports, DATA_DIR the folder of the data.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureBuild } from './build.cjs';
import { onNpmGone } from './npm-gone.cjs';

const { PAWL_PORT = '3000', ORDERS_PORT = '3001', DATA_DIR = '.data/example-orders' } = process.env;
const folder = resolve(DATA_DIR);
const password = 'correct horse battery staple';
const settings = {
  ...process.env,
  PORT: PAWL_PORT,
  DATA_DIR: folder,
  ADMIN_EMAIL: 'admin@example.com',
  ADMIN_PASSWORD: password,
  LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
};
const children = [];
let stopping = false;

ensureBuild();
compileExample();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
onNpmGone(stop);
const pawlUrl = await start('bin/pawl.cjs', ['start'], settings, /Running at (\S+)/);
const { client_id: id, client_secret: secret } = ordersClient();
const env = { ...process.env, PORT: ORDERS_PORT, PAWL_URL: pawlUrl, PAWL_CLIENT_ID: id, PAWL_CLIENT_SECRET: secret };
const ordersUrl = await start('examples/orders/dist/main.js', [], env, /Orders at (\S+)/);
console.log(instructions());

function compileExample() {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--project', 'examples/orders'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Starts a program and resolves with what its output says. If it ends, everything does. */
async function start(file, args, environment, pattern) {
  const child = spawn(process.execPath, [file, ...args], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  child.once('exit', (code) => {
    if (!stopping) process.exitCode = code ?? 1;
    stop();
  });
  let output = '';
  for (;;) {
    const [chunk] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [])]);
    if (chunk === undefined) process.exit(stopping ? 0 : 1);
    output += chunk;
    const found = pattern.exec(output)?.[1];
    if (!found) continue;
    child.stdout.resume();
    return found;
  }
}

/** The OAuth client that the service is at Pawl. It is registered once. */
function ordersClient() {
  const file = join(folder, 'orders-client.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const create = ['clients', 'create', 'orders', '--grant', 'client_credentials', '--scope', 'revocations', '--json'];
  const { stdout, status } = spawnSync(process.execPath, ['bin/pawl.cjs', ...create], {
    env: settings,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) {
    stop();
    throw new Error('the client of the example could not be registered');
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, stdout, { mode: 0o600 });
  return JSON.parse(stdout);
}

function instructions() {
  return `Pawl at ${pawlUrl}, orders at ${ordersUrl}. Try this in another terminal:

  sign_in() { curl -s ${pawlUrl}/auth/$1 -H 'Content-Type: application/json' -d '{"email": "'$2'", "password": "${password}"}' |
    node -p 'JSON.parse(fs.readFileSync(0)).access_token'; }
  ADA=$(sign_in register ada@example.com)
  curl -s ${ordersUrl}/orders -H "Authorization: Bearer $ADA" -H 'Content-Type: application/json' -d '{"item": "tea"}'
  curl -s ${ordersUrl}/orders -H "Authorization: Bearer $ADA"       # her own orders
  curl -s ${ordersUrl}/orders/all -H "Authorization: Bearer $ADA"   # 403: that is for admins
  curl -s ${ordersUrl}/orders/all -H "Authorization: Bearer $(sign_in login admin@example.com)"
  curl -s -X POST ${pawlUrl}/auth/logout -H "Authorization: Bearer $ADA"
  curl -s ${ordersUrl}/orders -H "Authorization: Bearer $ADA"       # 401: she has signed out

Ctrl-C stops both.`;
}

function stop() {
  stopping = true;
  for (const child of children) child.kill('SIGTERM');
}
