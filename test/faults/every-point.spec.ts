import { breakAtEveryPoint, exchanges } from './every-point.js';
import { expectInvariants } from './invariants.js';
import type { WiredApp } from './wired-app.js';
import { startWiredApp } from './wired-app.js';

let wired: WiredApp;
beforeAll(async () => {
  wired = await startWiredApp();
});
afterAll(() => wired.close());

describe('everything that an instance is connected to breaks off, as if it were killed', () => {
  it.each(['a refresh that rotates', 'a refresh that recovers', 'a sign-in', 'a sign-out'] as const)(
    'at every message of %s',
    async (name) => {
      const breakage = wired.breakage('everything', (message) => ({ message }));
      const clients = await breakAtEveryPoint(exchanges[name], breakage);
      expect(clients.length).toBeGreaterThan(7); // one prepared statement alone is seven messages
      const advanceSeconds = (seconds: number) => wired.app.clock.advanceSeconds(seconds);
      await expectInvariants({ clients, instances: [wired.app], witness: wired.app, advanceSeconds });
    },
  );
});
