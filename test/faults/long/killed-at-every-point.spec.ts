import { pastGraceSeconds } from '../../sessions/refresh-story.js';
import { afterThisTest } from '../../support/cleanup.js';
import { call } from '../../support/http.js';
import { createDatabaseForTest, startAppForTest } from '../../support/per-test.js';
import { openBreakingWire } from '../breaking-wire.js';
import type { Breakage } from '../every-point.js';
import { breakAtEveryPoint, exchanges } from '../every-point.js';
import type { Send } from '../honest-client.js';
import { toInstances } from '../honest-client.js';
import { expectInvariants } from '../invariants.js';
import { startServiceProcess } from '../service-process.js';
import { onlyOneConnection } from '../wired-app.js';

it.each(Object.keys(exchanges) as (keyof typeof exchanges)[])(
  'a process that gets SIGKILL at every message of %s signs nobody out and loses nothing',
  async (name) => {
    const database = await createDatabaseForTest();
    const witness = await startAppForTest({ database });
    const wire = await openBreakingWire(database.url);
    afterThisTest(() => wire.close());
    const env = { ...onlyOneConnection, DATABASE_DIRECT_URL: database.url };
    const start = () => startServiceProcess({ databaseUrl: wire.url, clock: witness.clock, env });
    let service = await start();
    const advanceSeconds = (seconds: number) => {
      witness.clock.advanceSeconds(seconds);
      service.setClock(witness.clock);
    };
    const toService = toInstances(() => service.instances);

    const breakage: Breakage = {
      send: toService,
      pastGrace: () => advanceSeconds(pastGraceSeconds),
      breaking: (nth) => {
        let reached: boolean | undefined;
        const send: Send = async (method, path, options) => {
          if (reached !== undefined) return toService(method, path, options);
          wire.breakAt({ message: nth }, 'everything', () => void service.kill());
          // If the exchange ends before its nth message, the process is killed before the client has the response.
          await call(service.instances[0]!, method, path, options).catch(() => undefined);
          await service.kill();
          reached = await wire.mend();
          service = await start();
          throw new TypeError('The process was killed.');
        };
        return { send, reached: () => reached! };
      },
    };
    const clients = await breakAtEveryPoint(exchanges[name], breakage);
    expect(clients.length).toBeGreaterThan(7); // one prepared statement alone is seven messages
    const instances = [...service.instances, witness];
    await expectInvariants({ clients, instances, witness, advanceSeconds });
  },
  30 * 60_000,
);
