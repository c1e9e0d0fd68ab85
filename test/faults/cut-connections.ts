import type { Direction } from './breaking-wire.js';
import type { Exchange } from './every-point.js';
import { breakAtEveryPoint } from './every-point.js';
import { expectInvariants } from './invariants.js';
import type { WiredApp } from './wired-app.js';

/** Cuts the connection to the database after the first byte of the exchange, after `1 + step` bytes, and so on to its end. */
export async function cutAfterBytes(
  { app, breakage }: WiredApp,
  exchange: Exchange,
  direction: Direction,
  step: number,
): Promise<number> {
  const cut = breakage('connection', (byte) => ({ byte, direction }));
  const clients = await breakAtEveryPoint(exchange, cut, step);
  const advanceSeconds = (seconds: number) => app.clock.advanceSeconds(seconds);
  await expectInvariants({ clients, instances: [app], witness: app, advanceSeconds });
  return clients.length;
}
