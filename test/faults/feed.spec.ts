import type { TestApp } from '../support/app.js';
import { afterThisTest } from '../support/cleanup.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { expectFollowerToAgree, startFollower } from './follower.js';
import { HonestClient, toInstances } from './honest-client.js';
import { expectInvariants } from './invariants.js';

const clientCount = 4;

let app: TestApp;
let clients: HonestClient[];
beforeEach(async () => {
  app = await startAppForTest({ database: await createDatabaseForTest() });
  const send = toInstances(() => [app]);
  clients = await Promise.all(Array.from({ length: clientCount }, () => HonestClient.registered(send)));
});

const advanceSeconds = (seconds: number) => app.clock.advanceSeconds(seconds);

async function signOutAndIn(client: HonestClient): Promise<void> {
  await client.signOut();
  await client.signIn();
}

it('a follower whose stream is cut comes back, and knows what was revoked before, meanwhile and after', async () => {
  const network = await startTcpProxy(app.url);
  afterThisTest(() => network.close());
  const service = await startFollower(app, network.url);
  for (const client of clients) {
    await signOutAndIn(client);
    await network.cut();
    await signOutAndIn(client);
    await network.resume();
    await signOutAndIn(client);
    await expectFollowerToAgree(service, clients);
  }
  await expectInvariants({ clients, instances: [app], witness: app, advanceSeconds });
});

it('an instance that is cut off from its database comes back, and so do its followers', async () => {
  const network = await startTcpProxy(app.db.url);
  afterThisTest(() => network.close());
  const cutOff = await startAppForTest({ database: { ...app.db, url: network.url }, clock: app.clock });
  const service = await startFollower(app, cutOff.url);
  for (const client of clients) {
    await network.cut();
    await signOutAndIn(client);
    await network.resume();
    await signOutAndIn(client);
  }
  await expectFollowerToAgree(service, clients);
  await expectInvariants({ clients, instances: [app, cutOff], witness: app, advanceSeconds });
});
