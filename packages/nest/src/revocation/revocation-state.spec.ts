import type { VerifiedToken } from '../verification/verified-token.js';
import { RevocationState } from './revocation-state.js';
import type { Revocation } from './revoked-tokens.js';
import { toRevocation } from './revoked-tokens.js';

const token: VerifiedToken = {
  principal: { userId: 'u', role: 'user', sessionId: 's', clientId: 'c', scope: '' },
  sessionId: 's',
  tokenId: 'j',
  keyId: 'k',
  epoch: 4,
  expiresAtMs: 0,
};
const keepMs = 60_000;
let nowMs: number;
/** How far the machine's clock was set forward. */
let clockStepMs: number;
let state: RevocationState;

function stateOf(onStale: 'continue' | 'refuse' = 'continue') {
  nowMs = 0;
  clockStepMs = 0;
  const clockMs = () => nowMs + clockStepMs;
  state = new RevocationState({ onStale, staleAfterMs: 30_000 }, () => nowMs, clockMs);
  return state;
}

const refusal = (code: string) => expect.objectContaining({ code });
const check = () => {
  try {
    return state.check(token);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it.each<[boolean, Revocation]>([
  [true, { session_id: 's' }],
  [false, { session_id: 'j' }],
  [true, { jti: 'j' }],
  [true, { client_id: 'c' }],
  [true, { kid: 'k' }],
  [true, { user_id: 'u', min_epoch: 5 }],
  [false, { user_id: 'u', min_epoch: 4 }],
  [false, { user_id: 'v', min_epoch: 9 }],
])('refuses: %s, after %j', (refused, revocation) => {
  stateOf().replaced([], keepMs);
  state.revoked(revocation);
  expect(check()).toBe(refused ? 'token_revoked' : undefined);
});

it('keeps the highest epoch of a user, in whatever order they arrive', () => {
  stateOf().replaced([{ user_id: 'u', min_epoch: 9 }], keepMs);
  state.revoked({ user_id: 'u', min_epoch: 2 });
  expect(check()).toBe('token_revoked');
});

it('forgets a revocation when no token from before it is valid any more, but never a key', () => {
  stateOf().replaced([{ session_id: 's' }, { kid: 'other' }], keepMs);
  nowMs = 59_000;
  state.revoked({ jti: 'x' });
  expect(check()).toBe('token_revoked');
  nowMs = 200_000;
  state.revoked({ jti: 'y' });
  expect(check()).toBeUndefined();
  state.revoked({ kid: 'k' });
  nowMs = 10_000_000;
  state.revoked({ jti: 'z' });
  expect(check()).toBe('token_revoked');
});

it.each([
  ['before', -3_600_000, 0],
  ['after', 0, -3_600_000],
])(
  'keeps a revocation while the machine’s clock, set back by an hour %s it, may find the token valid (attack: waiting for it)',
  (_, before, after) => {
    stateOf().replaced([{ session_id: 'other' }], keepMs);
    clockStepMs += before;
    state.revoked({ session_id: 's' });
    clockStepMs += after;
    for (const minutes of [2, 30, 59]) {
      nowMs = minutes * 60_000;
      state.revoked({ jti: 'x' });
      expect(check()).toBe('token_revoked');
    }
    nowMs = 70 * 60_000;
    state.revoked({ jti: 'y' });
    expect(check()).toBeUndefined();
  },
);

it('a snapshot replaces what was known', () => {
  stateOf().replaced([{ session_id: 's' }], keepMs);
  state.replaced([], keepMs);
  expect(check()).toBeUndefined();
});

it('waits for the first state, which nothing can be told without', async () => {
  stateOf();
  const waiting = check();
  expect(waiting).toBeInstanceOf(Promise);
  state.replaced([{ session_id: 's' }], keepMs);
  await expect(waiting).rejects.toEqual(refusal('token_revoked'));
});

it.each([
  ['continue', undefined],
  ['refuse', 'temporarily_unavailable'],
] as const)('onStale %s decides when nothing was heard for 30 seconds, until something is', (onStale, code) => {
  stateOf(onStale).replaced([], keepMs);
  state.heard();
  nowMs = 29_999;
  expect(check()).toBeUndefined();
  nowMs = 30_000;
  expect(check()).toBe(code);
  state.heard();
  expect(check()).toBeUndefined();
});

it('ignores events of a later version', () => {
  expect(toRevocation({ organisation_id: 'x', at: 'now' })).toBeUndefined();
  expect(toRevocation('text')).toBeUndefined();
});
