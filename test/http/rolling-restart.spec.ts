import { once } from 'node:events';
import type { Server } from 'node:http';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { shutDown } from '../../src/http/shutdown.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, goodPassword, newEmail } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';
import { until } from '../support/until.js';

/** A proxy as many are: keeps connections to its backends open, sends to the ready ones in turn, and never retries. */
interface Proxy {
  url: string;
  /** Asks every backend whether it is ready. */
  check(): Promise<void>;
  use(backends: TestApp[]): Promise<void>;
  close(): Promise<void>;
}

async function startProxy(): Promise<Proxy> {
  let backends: TestApp[] = [];
  let ready: TestApp[] = [];
  let turn = 0;
  const agent = new Agent({ keepAlive: true });
  const server: Server = createServer((incoming, outgoing) => {
    const { hostname, port } = new URL(ready[turn++ % ready.length]!.url);
    const { method, url: path, headers } = incoming;
    const forwarded = request({ hostname, port, method, path, headers, agent }, (response) => {
      const { connection, 'keep-alive': _, ...others } = response.headers; // hop by hop
      outgoing.writeHead(response.statusCode!, others);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const isReady = async (backend: TestApp) => (await call(backend, 'GET', '/health/ready')).status === 200;
  const check = async () => {
    const states = await Promise.all(backends.map(isReady));
    ready = backends.filter((_, index) => states[index]);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    check,
    use: (next) => ((backends = next), check()),
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a rolling restart of two instances behind a proxy', () => {
  let database: TestDatabase;
  let proxy: Proxy;
  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await startProxy();
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  it('loses no request', async () => {
    const instances = [await startApp({ database }), await startApp({ database })];
    await proxy.use(instances);
    const statuses: number[] = [];
    let stopped = false;
    async function client(): Promise<void> {
      while (!stopped) {
        const body = { email: newEmail(), password: goodPassword };
        statuses.push((await call(proxy, 'POST', '/auth/register', { body })).status);
        statuses.push((await call(proxy, 'GET', '/health/live')).status);
      }
    }
    const moreRequests = async () => {
      const before = statuses.length;
      await until(() => statuses.length > before + 20);
    };
    const clients = Array.from({ length: 4 }, client);
    for (const index of [0, 1]) {
      await moreRequests();
      // The delay is over when the proxy has noticed, and that is when requests still reached the instance.
      await shutDown(instances[index]!.nest, async () => {
        await moreRequests();
        await proxy.check();
        await moreRequests();
      });
      instances[index] = await startApp({ database });
      await proxy.use(instances);
    }
    await moreRequests();
    stopped = true;
    await Promise.all(clients);
    expect([...new Set(statuses)].sort()).toEqual([200, 201]);
    for (const instance of instances) await instance.close();
  });
});

describe('an instance that shuts down', () => {
  it('serves requests during SHUTDOWN_DELAY, not ready any more, and ends each connection with its response', async () => {
    const env = { NODE_ENV: 'production', SHUTDOWN_DELAY: '17s', METRICS_TOKEN: 'x'.repeat(32) };
    const app = await startAppForTest({ env });
    expect((await rawCall(app, { path: '/health/ready' })).status).toBe(200);
    let waitedMs: number | undefined;
    await shutDown(app.nest, async (ms) => {
      waitedMs = ms;
      const { status, headers, body } = await rawCall(app, { path: '/health/ready' });
      expect({ status, body }).toEqual({ status: 503, body: { status: 'down' } });
      expect(headers.get('connection')).toBe('close');
      for (const [path, expected] of [
        ['/health/live', 200],
        ['/notes', 401],
        ['/nothing', 404],
      ] as const) {
        const response = await rawCall(app, { path, headers: [['Connection', 'keep-alive']] });
        expect(response.status).toBe(expected);
        expect(response.headers.get('connection')).toBe('close');
      }
    });
    expect(waitedMs).toBe(17_000);
    await expect(rawCall(app, { path: '/health/live' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('stops at once in development', async () => {
    const app = await startAppForTest();
    const waits: number[] = [];
    await shutDown(app.nest, (ms) => Promise.resolve(waits.push(ms)));
    expect(waits).toEqual([0]);
  });
});
