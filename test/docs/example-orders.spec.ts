import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded } from '../support/child-process.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, register } from '../support/http.js';
import { until } from '../support/until.js';

const root = join(import.meta.dirname, '../..');
const sources = join(root, 'examples/orders/src');

/** Not one that the system gives to others before Pawl listens. */
const newPort = () => String(20_000 + Math.floor(Math.random() * 12_000));

/** `npm run example:orders`: Pawl and, beside it, a second service. */
describe('the example of a second service', () => {
  let dataDir: string;
  let example: ChildProcess;
  let output = '';
  let pawl: { url: string };
  let orders: { url: string };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pawl-orders-'));
    await chmod(dataDir, 0o755);
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, PAWL_PORT: newPort(), ORDERS_PORT: '0', DATA_DIR: dataDir, RATE_LIMITS: 'off' };
    example = spawn(process.execPath, ['scripts/example-orders.mjs'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // As long as it takes: everything is compiled and started.
    await new Promise<void>((resolve, reject) => {
      for (const stream of [example.stdout!, example.stderr!]) {
        stream.on('data', (text: Buffer) => {
          output += text.toString();
          if (output.includes('Ctrl-C stops both.')) resolve();
        });
      }
      example.once('exit', () => reject(new Error(`The example ended:\n${output}`)));
    });
    const [, pawlUrl = '', ordersUrl = ''] = /Pawl at (\S+), orders at (\S+)\./.exec(output) ?? [];
    [pawl, orders] = [{ url: pawlUrl }, { url: ordersUrl }];
  });
  afterAll(async () => {
    if (!hasEnded(example)) {
      example.kill('SIGINT');
      await once(example, 'exit');
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  const place = ({ access_token: token }: Tokens, item: unknown) =>
    call(orders, 'POST', '/orders', { token, body: { item } });
  const list = ({ access_token: token }: Tokens, path = '/orders') => call(orders, 'GET', path, { token });
  const admin = (): Promise<Tokens> => {
    const body = { email: 'admin@example.com', password: goodPassword };
    return expectStatus(call(pawl, 'POST', '/auth/login', { body }), 200);
  };

  it('has less than 60 lines of its own', () => {
    const texts = readdirSync(sources).map((name) => readFileSync(join(sources, name), 'utf8'));
    expect(texts.join('').trim().split('\n').length).toBeLessThan(60);
  });

  it('is closed to callers without a token, but for what is public', async () => {
    const { status, body } = await call(orders, 'GET', '/orders');
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'token_missing' });
    await expectStatus(call(orders, 'GET', '/orders/count'), 200);
  });

  it('shows users their own orders, and lets them cancel no others', async () => {
    const [ada, grace] = [await register(pawl), await register(pawl)];
    const { id } = await expectStatus(place(ada, 'tea'), 201);
    await expectStatus(place(grace, 'coffee'), 201);
    await expectStatus(place(ada, 7), 400);
    expect((await list(ada)).body).toEqual([{ id, userId: ada.user.id, item: 'tea' }]);
    const cancel = ({ access_token: token }: Tokens) => call(orders, 'DELETE', `/orders/${id}`, { token });
    await expectStatus(cancel(grace), 404);
    await expectStatus(cancel(ada), 200);
    expect((await list(ada)).body).toEqual([]);
  });

  it('shows admins all orders, and nobody else', async () => {
    const ada = await register(pawl);
    await expectStatus(place(ada, 'tea'), 201);
    const refused = await list(ada, '/orders/all');
    expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 403, code: 'forbidden' });
    expect((await list(await admin(), '/orders/all')).body).toContainEqual(
      expect.objectContaining({ userId: ada.user.id, item: 'tea' }),
    );
  });

  it('refuses a user who has signed out at Pawl', async () => {
    const ada = await register(pawl);
    await expectStatus(list(ada), 200);
    await expectStatus(call(pawl, 'POST', '/auth/logout', { token: ada.access_token }), 204);
    await until(async () => (await list(ada)).status === 401);
    expect((await list(ada)).body.code).toBe('token_revoked');
    await expectProblem(call(pawl, 'GET', '/auth/me', { token: ada.access_token }), 401, 'token_revoked');
  });

  it('stops with Ctrl-C, both of them', async () => {
    example.kill('SIGINT');
    expect((await once(example, 'exit'))[0]).toBe(0);
    await expect(fetch(`${pawl.url}/health/live`)).rejects.toThrow();
    await expect(fetch(`${orders.url}/orders/count`)).rejects.toThrow();
  });
});
