import { cutAfterBytes } from './cut-connections.js';
import { exchanges } from './every-point.js';
import type { WiredApp } from './wired-app.js';
import { startWiredApp } from './wired-app.js';

let wired: WiredApp;
beforeAll(async () => {
  wired = await startWiredApp();
});
afterAll(() => wired.close());

/** Fewer points than there are bytes: the long form has more. */
describe.each([
  ['a refresh that rotates', 97],
  ['a sign-in', 389],
] as const)('a connection that is cut in the middle of %s', (name, step) => {
  it.each(['to the database', 'to the service'] as const)('on the way %s', async (direction) => {
    expect(await cutAfterBytes(wired, exchanges[name], direction, step)).toBeGreaterThan(2);
  });
});
