import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { openDatabase } from '../support/database.js';
import { call, expectProblem, goodPassword, refresh } from '../support/http.js';
import type { Server } from '../support/postgres-server.js';
import { giveToPostgres, newCluster, startServer, stopServer } from '../support/postgres-server.js';
import { HonestClient, toInstances } from './honest-client.js';
import { expectInvariants } from './invariants.js';
import type { OwnServer } from './own-server.js';
import { startOwnServer } from './own-server.js';

/** Copies the files of a running PostgreSQL, as PostgreSQL's chapter 25.3 describes a base backup. */
async function backUp({ server: { cluster }, database }: OwnServer): Promise<Server['cluster']> {
  const copy = await newCluster();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`SELECT pg_backup_start('test', fast => true)`);
  await cp(cluster.dataFolder, copy.dataFolder, { recursive: true });
  const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
  await client.end();
  await writeFile(join(copy.dataFolder, 'backup_label'), rows[0]!.labelfile);
  // The log up to the end of the backup.
  await cp(join(cluster.dataFolder, 'pg_wal'), join(copy.dataFolder, 'pg_wal'), { recursive: true });
  await rm(join(copy.dataFolder, 'postmaster.pid'), { force: true });
  await giveToPostgres(copy);
  return copy;
}

let app: TestApp;
/** By what they did since the backup. */
let idle: HonestClient[];
let lostResponse: HonestClient;
let rotated: HonestClient;
let signedOut: HonestClient;
let newcomer: HonestClient;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const own = await startOwnServer();
  const { clock } = own.app;
  const send = toInstances(() => [own.app]);
  const pastGrace = () => clock.advanceSeconds(pastGraceSeconds);
  const register = () => HonestClient.registered(send);
  idle = [await register(), await register()];
  [lostResponse, rotated, signedOut] = [await register(), await register(), await register()];
  for (const client of [...idle, rotated]) {
    await client.refresh();
    await client.addNote();
  }
  const backup = await backUp(own);

  pastGrace();
  await send('POST', '/auth/refresh', { body: { refresh_token: lostResponse.tokens.refresh_token } });
  await rotated.refresh();
  await signedOut.signOut();
  newcomer = await register();
  await own.app.close();
  await own.database.drop();
  await stopServer(own.server);

  const server = await startServer(backup);
  const database = openDatabase(Object.assign(new URL(server.url), { pathname: '/pawl' }).href);
  app = await startApp({ database, clock });
  ends.push(
    () => app.close(),
    () => database.drop(),
    () => stopServer(server),
  );
  for (const client of [...idle, lostResponse, rotated, signedOut]) client.use(toInstances(() => [app]));
});
afterAll(async () => {
  for (const end of ends) await end();
});

describe('a backup that is restored', () => {
  it('signs out nobody who has not refreshed since, also if the response to a refresh was lost', async () => {
    await lostResponse.refresh();
    expect(lostResponse.signedOut).toBeUndefined();
    const clients = [...idle, lostResponse];
    const advanceSeconds = (seconds: number) => app.clock.advanceSeconds(seconds);
    await expectInvariants({ clients, instances: [app], witness: app, advanceSeconds });
  });

  it('knows nothing of a refresh since: that client signs in again, which is not taken for theft', async () => {
    const { refresh_token: newest, session_id: id } = rotated.tokens;
    await expectProblem(refresh(app, newest), 401, 'refresh_invalid');
    expect(await app.db.query('SELECT revoked_at FROM sessions WHERE id = $1', [id])).toEqual([{ revoked_at: null }]);
    await rotated.signIn();
    await rotated.addNote();
  });

  it('brings back a session that was ended since, as long as the operator does not end all of them', async () => {
    expect((await refresh(app, signedOut.ended[0]!.at(-1)!.refresh_token)).status).toBe(200);
  });

  it('knows nothing of a user who registered since', async () => {
    await expectProblem(refresh(app, newcomer.tokens.refresh_token), 401, 'session_revoked');
    const body = { email: newcomer.email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body }), 401, 'invalid_credentials');
  });
});
