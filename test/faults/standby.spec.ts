import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { openDatabase } from '../support/database.js';
import { expectProblem, expectStatus, refresh, call } from '../support/http.js';
import { startPair, urlOf } from '../support/postgres-pair.js';
import type { Server } from '../support/postgres-server.js';
import { stopServer } from '../support/postgres-server.js';
import { until } from '../support/until.js';
import { HonestClient, toInstances } from './honest-client.js';
import { expectInvariants } from './invariants.js';
import { startLoad } from './load.js';
import { sendSignal, signalServer } from './server-processes.js';

const clientCount = 6;

let primary: Server;
let standby: Server;
let onPrimary: TestDatabase;
let onStandby: TestDatabase;
let app: TestApp;
beforeEach(async () => {
  ({ primary, standby } = await startPair());
  [onPrimary, onStandby] = [openDatabase(primary.url), openDatabase(standby.url)];
  // It looks at what is left, on the standby.
  app = await startApp({ database: onStandby, env: { DATABASE_URL: urlOf([primary.url, standby.url]) } });
});
afterEach(async () => {
  await app.close();
  await onPrimary.drop();
  await onStandby.drop();
  await stopServer(primary);
  await stopServer(standby);
});

const advanceSeconds = (seconds: number) => app.clock.advanceSeconds(seconds);
const send = toInstances(() => [app]);
const newClients = () => Promise.all(Array.from({ length: clientCount }, () => HonestClient.registered(send)));

async function failOver(): Promise<void> {
  await signalServer(primary, onPrimary, 'SIGKILL');
  await onStandby.query('SELECT pg_promote()');
}

const replication = () =>
  onPrimary.query<{ pid: number; sync_state: string; caught_up: boolean }>(
    'SELECT pid, sync_state, replay_lsn = pg_current_wal_lsn() AS caught_up FROM pg_stat_replication',
  );

it('a standby with synchronous replication takes over under load: nobody is signed out, and no answered write is lost', async () => {
  await onPrimary.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
  await onPrimary.query('SELECT pg_reload_conf()');
  await until(async () => (await replication())[0]?.sync_state === 'sync');
  const clients = await newClients();
  advanceSeconds(pastGraceSeconds);
  const load = startLoad(clients);
  await load.moreActs(clientCount);
  await failOver();
  await load.moreActs(clientCount);
  await load.stop();
  await expectInvariants({ clients, instances: [app], witness: app, advanceSeconds });
});
