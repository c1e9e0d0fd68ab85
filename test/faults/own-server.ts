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

const clientCount = 6;

/** What the service connects as: no superuser, for whom there is always a connection. */
export const role = 'pawl_service';

/** A service with a PostgreSQL of its own, which may come to harm. */
export interface OwnServer {
  server: Server;
  /** As superuser. */
  database: TestDatabase;
  app: TestApp;
  /** Lets clients go through a fault and what comes after it, and asserts that they and their writes have survived. */
  duringLoad: (fault: (load: Load) => Promise<void>) => Promise<void>;
  close: () => Promise<void>;
}

/** `prepare` gets the place of the data before there is any. */
export async function startOwnServer(
  prepare: (cluster: Server['cluster']) => Promise<void> = nothing,
): Promise<OwnServer> {
  const cluster = await newCluster();
  await prepare(cluster);
  // Its processes may end, the machine may not: what was handed to the operating system is safe.
  await initializeCluster(cluster, ['--no-sync', '--set=fsync=off']);
  const server = await startServer(cluster);
  const { host, username: superuser, password } = new URL(server.url);
  const postgres = openDatabase(server.url);
  await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  await postgres.query(`CREATE DATABASE pawl OWNER ${role}`);
  await postgres.drop();
  const database = openDatabase(`postgresql://${superuser}:${password}@${host}/pawl`);
  const DATABASE_URL = `postgresql://${role}:${password}@${host}/pawl`;
  // With this grace time, an answer from the database is awaited for 2.4 s.
  const app = await startApp({ database, env: { DATABASE_URL, REFRESH_GRACE: '6s' } });
  return {
    server,
    database,
    app,
    duringLoad: async (fault) => {
      const advanceSeconds = (seconds: number) => app.clock.advanceSeconds(seconds);
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
    },
    close: async () => {
      await app.close();
      await database.drop();
      await stopServer(server);
    },
  };
}

async function nothing(): Promise<void> {
  // An ordinary folder.
}
