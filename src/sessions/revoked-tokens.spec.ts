import { Clock } from '../common/clock.js';
import { RevokedTokens } from './revoked-tokens.js';

const lifetimeSeconds = 20 * 60;
const token = { sessionId: 's', clientId: 'c', userId: 'u', epoch: 4 };
let clock: Clock;
let revoked: RevokedTokens;
beforeEach(() => {
  clock = new Clock();
  revoked = new RevokedTokens(clock, lifetimeSeconds);
});

it.each([
  [true, { sessionId: 's' }],
  [false, { sessionId: 't' }],
  [true, { clientId: 'c' }],
  [false, { clientId: 'd' }],
  [true, { userId: 'u', minEpoch: 5 }],
  [false, { userId: 'u', minEpoch: 4 }],
  [false, { userId: 'v', minEpoch: 9 }],
])('refuses: %s, after %j', (refused, entry) => {
  revoked.add(entry);
  expect(revoked.has(token)).toBe(refused);
});

it('keeps the highest epoch of a user, in whatever order they arrive (attack: a token from before a sign-out everywhere)', () => {
  revoked.add({ userId: 'u', minEpoch: 9 });
  revoked.add({ userId: 'u', minEpoch: 2 });
  expect(revoked.has({ ...token, epoch: 8 })).toBe(true);
  expect(revoked.has({ ...token, epoch: 9 })).toBe(false);
});

it('forgets an entry when no token from before it is valid any more, and not sooner', () => {
  revoked.add({ sessionId: 's' });
  clock.advanceSeconds(lifetimeSeconds - 1);
  revoked.add({ sessionId: 'a later one' });
  expect(revoked.has(token)).toBe(true);
  clock.advanceSeconds(61);
  revoked.add({ sessionId: 'another later one' });
  expect(revoked.has(token)).toBe(false);
});
