import { cutAfterBytes } from '../cut-connections.js';
import { exchanges } from '../every-point.js';
import type { WiredApp } from '../wired-app.js';
import { startWiredApp } from '../wired-app.js';

let wired: WiredApp;
beforeEach(async () => {
  wired = await startWiredApp();
});
afterEach(() => wired.close());

const names = Object.keys(exchanges) as (keyof typeof exchanges)[];

describe.each(names)('a connection that is cut in the middle of %s', (name) => {
  it.each(['to the database', 'to the service'] as const)('on the way %s', async (direction) => {
    expect(await cutAfterBytes(wired, exchanges[name], direction, 11)).toBeGreaterThan(10);
  });
});
