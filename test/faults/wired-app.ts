import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { createTestDatabase } from '../support/database.js';
import { call } from '../support/http.js';
import type { BreakingPoint, Extent } from './breaking-wire.js';
import { openBreakingWire } from './breaking-wire.js';
import type { Breakage } from './every-point.js';
import type { Send } from './honest-client.js';
import { toInstances } from './honest-client.js';

/** Each exchange with the database has the same messages in the same order, because there is one connection. */
export const onlyOneConnection = { DATABASE_POOL_SIZE: '1' };

/** A service whose wire to its database breaks where a test says. */
export interface WiredApp {
  app: TestApp;
  /** Breaks the first request. Where everything breaks, its response is lost too, as that of a process that is killed. */
  breakage: (extent: Extent, pointOf: (nth: number) => BreakingPoint) => Breakage;
  close: () => Promise<void>;
}

export async function startWiredApp(): Promise<WiredApp> {
  const database = await createTestDatabase();
  const wire = await openBreakingWire(database.url);
  const env = { ...onlyOneConnection, DATABASE_DIRECT_URL: database.url };
  const app = await startApp({ database: { ...database, url: wire.url }, env });
  return {
    app,
    breakage: (extent, pointOf) => ({
      send: toInstances(() => [app]),
      pastGrace: () => app.clock.advanceSeconds(pastGraceSeconds),
      breaking: (nth) => {
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
      },
    }),
    close: async () => {
      await app.close();
      await wire.close();
      await database.drop();
    },
  };
}
