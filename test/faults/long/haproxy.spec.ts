import { freePort } from '../../support/free-port.js';
import { metric } from '../../support/metrics.js';
import { createDatabaseForTest, startAppForTest } from '../../support/per-test.js';
import { startHaproxy } from '../haproxy.js';
import { HonestClient, toInstances } from '../honest-client.js';
import { expectInvariants } from '../invariants.js';
import { startLoad } from '../load.js';
import { startServiceProcess } from '../service-process.js';

const clientCount = 8;

it('a rolling restart of two instances behind haproxy, as docs/deployment.md configures it, fails no request', async () => {
  const database = await createDatabaseForTest();
  const witness = await startAppForTest({ database });
  const ports = [await freePort(), await freePort()] as const;
  const start = (port: number) =>
    startServiceProcess({
      databaseUrl: database.url,
      clock: witness.clock,
      // As in production.
      env: { PORT: String(port), SHUTDOWN_DELAY: '5s', TRUST_PROXY: '127.0.0.1' },
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
    const { instances } = await start(ports[i]!);
    // haproxy sends requests there again.
    await load.until(async () => (await metric(instances[0]!, 'pawl_refreshes_total{verdict="hold"}'))! > 0);
  }
  await load.moreActs(5 * clientCount);
  await load.stop();
  expect(clients.map(({ attemptsInVain }) => attemptsInVain)).toEqual(clients.map(() => 0));
  const advanceSeconds = (seconds: number) => witness.clock.advanceSeconds(seconds);
  await expectInvariants({ clients, instances: [witness], witness, advanceSeconds });
});
