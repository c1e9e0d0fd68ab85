import { freePort } from '../../support/free-port.js';
import { call } from '../../support/http.js';
import { createDatabaseForTest, startAppForTest } from '../../support/per-test.js';
import { startHaproxy } from '../haproxy.js';
import { HonestClient, toInstances } from '../honest-client.js';
import { expectInvariants } from '../invariants.js';
import { startLoad } from '../load.js';
import { startServiceProcess } from '../service-process.js';

const clientCount = 8;
const METRICS_TOKEN = 'a-token-of-at-least-32-characters';

it('a rolling restart of two instances behind haproxy, as docs/deployment.md configures it, fails no request', async () => {
  const PUBLIC_URL = 'https://pawl.example.com';
  const database = await createDatabaseForTest();
  const witness = await startAppForTest({ database, env: { PUBLIC_URL } });
  const ports = [await freePort(), await freePort()] as const;
  const production = { NODE_ENV: 'production', PUBLIC_URL, METRICS_TOKEN, TRUST_PROXY: '127.0.0.1' };
  const start = (port: number) =>
    startServiceProcess({
      databaseUrl: database.url,
      clock: witness.clock,
      // Twice the default: this machine may be busy, and the proxy must have noticed by then.
      env: { ...production, PORT: String(port), SHUTDOWN_DELAY: '10s' },
    });
  const processes = [await start(ports[0]), await start(ports[1])] as const;
  const proxy = await startHaproxy(ports);
  const send = toInstances(() => [proxy]);
  const clients = await Promise.all(Array.from({ length: clientCount }, () => HonestClient.registered(send)));

  const load = startLoad(clients);
  for (const [i, process] of processes.entries()) {
    await load.moreActs(5 * clientCount);
    expect(await process.stop()).toBe(0);
    await load.moreActs(5 * clientCount);
    const [instance] = (await start(ports[i]!)).instances;
    const isServing = async () => {
      const { body } = await call(instance!, 'GET', '/metrics', { token: METRICS_TOKEN });
      return /^pawl_refreshes_total\{verdict="hold"\} [1-9]/m.test(body as string);
    };
    await load.until(isServing); // haproxy sends requests there again
  }
  await load.moreActs(5 * clientCount);
  await load.stop();
  expect(clients.flatMap(({ attemptsInVain }) => attemptsInVain)).toEqual([]);
  // The witness alone has the clock that moves from here on.
  for (const client of clients) client.use(toInstances(() => [witness]));
  const advanceSeconds = (seconds: number) => witness.clock.advanceSeconds(seconds);
  await expectInvariants({ clients, instances: [witness], witness, advanceSeconds });
});
