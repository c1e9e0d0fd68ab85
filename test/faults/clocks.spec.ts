import { jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Clock } from '../../src/common/clock.js';
import { SessionCleanup } from '../../src/sessions/session-cleanup.js';
import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { HonestClient, toInstances } from './honest-client.js';
import { expectInvariants } from './invariants.js';

const hourSeconds = 60 * 60;
const clientCount = 4;

/** The database's clock can be set, while time passes as before. */
class SteppedClock extends Clock {
  private steppedMs = 0;

  step(seconds: number): void {
    this.steppedMs += seconds * 1000;
    this.offsetMs += seconds * 1000;
  }

  override elapsedMs(): number {
    return super.elapsedMs() - this.steppedMs;
  }
}

let database: TestDatabase;
let clock: SteppedClock;
let app: TestApp;
beforeEach(async () => {
  database = await createTestDatabase();
  clock = new SteppedClock();
  app = await startApp({ database, clock });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app.close();
  await database.drop();
});

const advanceSeconds = (seconds: number) => clock.advanceSeconds(seconds);

async function newClients(): Promise<HonestClient[]> {
  const send = toInstances(() => [app]);
  return Promise.all(Array.from({ length: clientCount }, () => HonestClient.registered(send)));
}

/** What clients do all day, while clocks jump in between. */
async function act(clients: readonly HonestClient[]): Promise<void> {
  for (const client of clients) {
    await client.refresh();
    await client.addNote();
  }
  await clients[0]!.signOut();
  await clients[0]!.signIn();
}

/** Sets the clock of this process, as NTP or an administrator does. */
function setMachineClock(aheadSeconds: number): void {
  const realNow = performance.timeOrigin;
  jest.spyOn(Date, 'now').mockImplementation(() => Math.floor(realNow + performance.now()) + aheadSeconds * 1000);
}

describe.each([
  ['forward', hourSeconds],
  ['back', -hourSeconds],
])('clocks that are set by an hour, %s', (_, seconds) => {
  it('the machine’s, while the service runs: nothing changes, because the database’s clock counts', async () => {
    const clients = await newClients();
    setMachineClock(seconds);
    advanceSeconds(pastGraceSeconds);
    await act(clients);
    const { iat } = decodeJwt(clients[1]!.tokens.access_token);
    const [row] = await database.query<{ now: number }>('SELECT extract(epoch FROM now())::float8 AS now');
    expect(Math.abs(iat! - row!.now - clock.offsetMs / 1000)).toBeLessThan(600);
    await expectInvariants({ clients, instances: [app], witness: app, advanceSeconds });
  });

  it('the machine’s, before the service starts: it follows the database, and tells the operator', async () => {
    setMachineClock(seconds);
    const log = recordingDestination();
    const wrong = await startAppForTest({
      database,
      clock: new Clock(),
      env: { LOG_LEVEL: 'warn' },
      logDestination: log,
    });
    expect(log.text).toMatch(/clock of this machine is 3[56]\d\d s (ahead of|behind) the database's/);
    const client = await HonestClient.registered(toInstances(() => [wrong]));
    const { access_token: token } = client.tokens;
    expect((await call(app, 'GET', '/auth/me', { token })).status).toBe(200);
    await client.signOut();
    // The other instance learns of it by a notification.
    await until(async () => (await call(app, 'GET', '/auth/me', { token })).status === 401);
    // A token that seemed to be issued in an hour would outlive the memory of its revocation.
    for (const minutes of [0, 21, 40, 75]) {
      app.clock.advanceSeconds(minutes * 60);
      expect((await call(app, 'GET', '/auth/me', { token })).status).toBe(401);
    }
  });

  it('the database’s: clients go on, and what was revoked stays revoked', async () => {
    const clients = await newClients();
    advanceSeconds(pastGraceSeconds);
    await act(clients);
    clock.step(seconds);
    await act(clients);
    advanceSeconds(hourSeconds); // a token that was issued "in an hour" is held until then
    await expectInvariants({ clients, instances: [app], witness: app, advanceSeconds });
  });
});

it('a clock of the database that jumps by an hour and is set back does not make a revoked token valid again', async () => {
  const client = await HonestClient.registered(toInstances(() => [app]));
  const { access_token: token } = client.tokens;
  await client.signOut();
  await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_revoked');
  clock.step(hourSeconds);
  // Whatever is old is cleaned up meanwhile.
  const other = await HonestClient.registered(toInstances(() => [app]));
  await other.signOut();
  await app.nest.get(SessionCleanup).deleteEnded();
  clock.step(-hourSeconds);
  const restarted = await startAppForTest({ database, clock });
  for (const instance of [app, restarted]) {
    await expectProblem(call(instance, 'GET', '/auth/me', { token }), 401, 'token_revoked');
  }
});

it.each([
  ['set back before the sign-out', { before: 0, between: -hourSeconds, after: 0 }],
  ['set back after the sign-out', { before: 0, between: 0, after: -hourSeconds }],
  ['an hour ahead while the token was issued', { before: hourSeconds, between: -hourSeconds, after: 0 }],
])(
  'a revoked token is refused for as long as it may seem valid (attack: waiting until its revocation is forgotten): a clock that was %s',
  async (_, { before, between, after }) => {
    const send = toInstances(() => [app]);
    clock.step(before);
    const client = await HonestClient.registered(send);
    const { access_token: token } = client.tokens;
    clock.step(between);
    await client.signOut();
    clock.step(after);
    let minutes = 0;
    for (const until of [0, 21, 30, 40, 57, 59, 70, 74, 80]) {
      clock.advanceSeconds((until - minutes) * 60);
      minutes = until;
      // Whatever is old is forgotten meanwhile.
      await (await HonestClient.registered(send)).signOut();
      expect((await call(app, 'GET', '/auth/me', { token })).status).toBe(401);
    }
  },
);

it('a token that was issued before the clock was set back counts as expired, and its client refreshes it (attack: a token that lives for an hour longer)', async () => {
  const client = await HonestClient.registered(toInstances(() => [app]));
  const { access_token: token } = client.tokens;
  clock.step(-4 * 60);
  expect((await call(app, 'GET', '/auth/me', { token })).status).toBe(200);
  clock.step(-2 * 60);
  await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_expired');
  await client.refresh();
  expect((await call(app, 'GET', '/auth/me', { token: client.tokens.access_token })).status).toBe(200);
});
