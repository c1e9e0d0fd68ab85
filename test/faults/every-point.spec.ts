import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call } from '../support/http.js';
import type { BreakingPoint, BreakingWire, Extent } from './breaking-wire.js';
import { openBreakingWire } from './breaking-wire.js';
import type { Breakage } from './every-point.js';
import { breakAtEveryPoint, exchanges } from './every-point.js';
import type { Send } from './honest-client.js';
import { toInstances } from './honest-client.js';
import { expectInvariants } from './invariants.js';

let database: TestDatabase;
let wire: BreakingWire;
let app: TestApp;
beforeEach(async () => {
  database = await createTestDatabase();
  wire = await openBreakingWire(database.url);
  // One connection, so that each exchange has the same messages in the same order.
  const env = { DATABASE_POOL_SIZE: '1', DATABASE_DIRECT_URL: database.url };
  app = await startApp({ database: { ...database, url: wire.url }, env });
});
afterEach(async () => {
  await app.close();
  await wire.close();
  await database.drop();
});

const advanceSeconds = (seconds: number) => app.clock.advanceSeconds(seconds);

/** Breaks the first request. Where everything breaks, its response is lost too, as that of a process that is killed. */
function breakage(extent: Extent, pointOf: (nth: number) => BreakingPoint): Breakage {
  const breaking = (nth: number) => {
    let reached: boolean | undefined;
    const send: Send = async (method, path, options) => {
      if (reached !== undefined) return call(app, method, path, options);
      wire.breakAt(pointOf(nth), extent);
      const answer = await call(app, method, path, options);
      reached = await wire.mend();
      if (extent === 'everything') throw new TypeError('The response was lost.');
      return answer;
    };
    return { send, reached: () => reached! };
  };
  return { send: toInstances(() => [app]), pastGrace: () => advanceSeconds(pastGraceSeconds), breaking };
}

const aftermath = () => ({ instances: [app], witness: app, advanceSeconds });
const names = Object.keys(exchanges) as (keyof typeof exchanges)[];

describe('everything that an instance is connected to breaks off, as if it were killed', () => {
  it.each(names)('at every message of %s', async (name) => {
    const clients = await breakAtEveryPoint(
      exchanges[name],
      breakage('everything', (message) => ({ message })),
    );
    console.log(name, clients.length, process.cpuUsage().user/1e6);
    expect(clients.length).toBeGreaterThan(4);
    await expectInvariants({ clients, ...aftermath() });
    console.log(name, clients.length, process.cpuUsage().user/1e6);
  });
});
