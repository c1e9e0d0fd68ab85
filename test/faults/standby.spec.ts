import type { OtherService } from '../../packages/nest/test/guard/service.js';
import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { openDatabase } from '../support/database.js';
import { call, expectProblem, refresh } from '../support/http.js';
import { startPair, urlOf } from '../support/postgres-pair.js';
import type { Server } from '../support/postgres-server.js';
import { stopServer } from '../support/postgres-server.js';
import { until } from '../support/until.js';
import { expectFollowerToAgree, startFollower } from './follower.js';
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
  // What is left is on the standby.
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
  await until(async () => (await call(app, 'GET', '/health/ready')).body.status === 'ok');
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

describe('a standby that has not received the last commits takes over', () => {
  let kept: HonestClient[];
  /** Whose last answers the standby knows nothing of. */
  let rotated: HonestClient;
  let signedOut: HonestClient;
  let follower: OtherService;
  beforeEach(async () => {
    follower = await startFollower({ ...app, db: onPrimary });
    kept = await newClients();
    [rotated, signedOut] = (await newClients()) as [HonestClient, HonestClient];
    await until(async () => (await replication())[0]?.caught_up === true);
    const [sender] = await replication();
    sendSignal([sender!.pid], 'SIGSTOP');
    advanceSeconds(pastGraceSeconds);
    await rotated.refresh();
    await signedOut.signOut();
    await expectFollowerToAgree(follower, [signedOut]);
    await failOver();
  });

  it('nobody else is signed out, and later writes hold everywhere', async () => {
    const load = startLoad(kept);
    await load.moreActs(clientCount);
    await load.stop();
    await expectFollowerToAgree(follower, kept);
    await expectInvariants({ clients: kept, instances: [app], witness: app, advanceSeconds });
  });

  it('a client whose last rotation was lost signs in again: that is not theft, and its session is not ended', async () => {
    const { refresh_token: newest, session_id: id } = rotated.tokens;
    await expectProblem(refresh(app, newest), 401, 'refresh_invalid');
    expect(await onStandby.query('SELECT generation, revoked_at FROM sessions WHERE id = $1', [id])).toEqual([
      { generation: 0, revoked_at: null },
    ]);
    await rotated.signIn();
    await expectInvariants({ clients: [rotated], instances: [app], witness: app, advanceSeconds });
  });

  it('a session whose end was lost is back, but not where its access tokens were refused before', async () => {
    const [held] = signedOut.ended;
    await expectProblem(call(app, 'GET', '/auth/me', { token: held![0]!.access_token }), 401, 'token_revoked');
    expect((await refresh(app, held!.at(-1)!.refresh_token)).status).toBe(200);
  });
});
