import { initializeCluster } from '../../src/database/embedded/cluster.js';
import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { openDatabase } from '../support/database.js';
import type { Server } from '../support/postgres-server.js';
import { newCluster, startServer, stopServer } from '../support/postgres-server.js';
import { HonestClient, toInstances } from './honest-client.js';
import { expectInvariants } from './invariants.js';
import type { Load } from './load.js';
import { startLoad } from './load.js';
import { restartServer, sendSignal, signalServer } from './server-processes.js';

const clientCount = 6;
/** What the service connects as: no superuser, for whom there is always a connection. */
const role = 'pawl_service';

let server: Server;
let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  const cluster = await newCluster();
  // Its processes may end, the machine may not: what was handed to the operating system is safe.
  await initializeCluster(cluster, ['--no-sync', '--set=fsync=off']);
  server = await startServer(cluster);
  const { host, username: superuser, password } = new URL(server.url);
  const postgres = openDatabase(server.url);
  await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  await postgres.query(`CREATE DATABASE pawl OWNER ${role}`);
  await postgres.drop();
  database = openDatabase(`postgresql://${superuser}:${password}@${host}/pawl`);
  const DATABASE_URL = `postgresql://${role}:${password}@${host}/pawl`;
  // With this grace time, an answer from the database is awaited for 2.4 s.
  app = await startApp({ database, env: { DATABASE_URL, REFRESH_GRACE: '6s' } });
});
afterAll(async () => {
  await app.close();
  await database.drop();
  await stopServer(server);
});

const advanceSeconds = (seconds: number) => app.clock.advanceSeconds(seconds);

/** What clients go through while `fault` happens and passes. */
async function duringLoad(fault: (load: Load) => Promise<void>): Promise<void> {
  const send = toInstances(() => [app]);
  const clients = await Promise.all(Array.from({ length: clientCount }, () => HonestClient.registered(send)));
  advanceSeconds(pastGraceSeconds);
  const load = startLoad(clients);
  await load.moreActs(clientCount);
  await fault(load);
  advanceSeconds(pastGraceSeconds);
  await load.moreActs(clientCount);
  await load.stop();
  await expectInvariants({ clients, instances: [app], witness: app, advanceSeconds });
}

describe('nobody is signed out, nothing valid that should not be, and no answered write lost, when PostgreSQL', () => {
  it('crashes and is started again', () =>
    duringLoad(async (load) => {
      await signalServer(server, database, 'SIGKILL');
      await load.everybodyRefused();
      await restartServer(server);
    }));

  it('loses one of its processes and recovers by itself', () =>
    duringLoad(async () => {
      const [backend] = await database.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'pawl' LIMIT 1`,
      );
      sendSignal([backend!.pid], 'SIGKILL');
    }));

  it('is paused, and continues with the statements it had received', () =>
    duringLoad(async (load) => {
      const stopped = await signalServer(server, database, 'SIGSTOP');
      try {
        await load.everybodyRefused();
      } finally {
        sendSignal(stopped, 'SIGCONT');
      }
    }));

  it('has no connection to give, and then too few', () =>
    duringLoad(async (load) => {
      const allow = async (connections: number) => {
        await database.query(`ALTER ROLE ${role} CONNECTION LIMIT ${connections}`);
        await database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
      };
      await allow(0);
      await load.everybodyRefused();
      await allow(3);
      await load.moreActs(clientCount);
      await allow(-1);
    }));
});
