import { randomBytes } from 'node:crypto';
import { newId } from '../common/ids.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { RefreshToken } from './refresh-token.js';
import { hashOf, nextSecret } from './refresh-token.js';
import type { RotationPolicy, SessionState, Verdict } from './rotation.js';
import { judge } from './rotation.js';

const ring = new KeyRing(['a'.repeat(32)]);
const otherKeyId = new KeyRing(['b'.repeat(32)]).current.id;
const policy: RotationPolicy = { graceSeconds: 30, idleTtlSeconds: 1000, recover: true };
const readAt = new Date('2026-11-21T12:00:00.000Z');
const ago = (seconds: number) => new Date(readAt.getTime() - seconds * 1000);

function tokenOf(generation: number, secret: Buffer): RefreshToken {
  return { userId, sessionId, generation, lane: randomBytes(8), secret };
}
const userId = newId();
const sessionId = newId();
const nonce = randomBytes(32);
const parent = tokenOf(4, randomBytes(32));
const current = tokenOf(5, nextSecret(parent, nonce, ring.current));
const sibling = tokenOf(5, randomBytes(32));

/** Generation 5, rotated a minute ago by `parent`: out of the grace time. */
const rotated: SessionState = {
  readAt,
  clientId: 'pawl',
  generation: 5,
  tokenHash: hashOf(current.secret),
  siblingHash: null,
  rotationNonce: nonce,
  keyId: ring.current.id,
  parentLane: parent.lane,
  rotatedAt: ago(60),
  seenAt: ago(60),
  expiresAt: ago(-5000),
  revokedAt: null,
  userDisabled: false,
};
const inGrace = { ...rotated, rotatedAt: ago(10), seenAt: ago(10) };
const inSecondHalf = { ...rotated, rotatedAt: ago(15), seenAt: ago(15) };
const neverRotated: SessionState = {
  ...rotated,
  generation: 5,
  rotationNonce: null,
  keyId: null,
  parentLane: null,
  rotatedAt: null,
};
const otherLane = { ...parent, lane: randomBytes(8) };
const strict: RotationPolicy = { ...policy, graceSeconds: 0, recover: false };

const table: [what: string, Verdict, SessionState | undefined, RefreshToken, RotationPolicy?][] = [
  ['another client’s token', 'invalid', { ...rotated, clientId: 'other' }, current],
  [
    'another client’s token, even of a revoked session',
    'invalid',
    { ...rotated, clientId: 'other', revokedAt: ago(1) },
    current,
  ],
  ['no row', 'revoked', undefined, current],
  ['a revoked session', 'revoked', { ...rotated, revokedAt: ago(1) }, current],
  [
    'a revoked session, even if it would be reuse',
    'revoked',
    { ...rotated, revokedAt: ago(1) },
    tokenOf(2, randomBytes(32)),
  ],
  ['a disabled user', 'revoked', { ...rotated, userDisabled: true }, current],
  ['the absolute end reached', 'expired', { ...rotated, expiresAt: readAt }, current],
  ['idle too long', 'expired', { ...rotated, seenAt: ago(1000.001) }, current],
  ['idle just not too long', 'rotate', { ...rotated, seenAt: ago(1000) }, current],
  ['expired, even if it would be reuse', 'expired', { ...rotated, expiresAt: ago(1) }, tokenOf(2, randomBytes(32))],
  ['a generation ahead of the row', 'ahead', rotated, tokenOf(6, randomBytes(32))],
  ['a derivation key this instance lacks: current', 'unavailable', { ...rotated, keyId: otherKeyId }, current],
  [
    'a derivation key this instance lacks: parent, never reuse',
    'unavailable',
    { ...rotated, keyId: otherKeyId },
    parent,
  ],
  ['current, within the grace time', 'hold', inGrace, current],
  ['sibling, within the grace time', 'hold', { ...inGrace, siblingHash: hashOf(sibling.secret) }, sibling],
  ['current, a moment before the grace time ends', 'hold', { ...rotated, rotatedAt: ago(29.999) }, current],
  ['current, as the grace time ends', 'rotate', { ...rotated, rotatedAt: ago(30) }, current],
  ['current, rotated a moment after the time was read', 'hold', { ...rotated, rotatedAt: ago(-1) }, current],
  ['current, out of the grace time', 'rotate', rotated, current],
  ['sibling, out of the grace time', 'rotate', { ...rotated, siblingHash: hashOf(sibling.secret) }, sibling],
  ['current, never rotated yet', 'rotate', neverRotated, current],
  ['current, with no grace time, a moment after', 'rotate', { ...rotated, rotatedAt: ago(-1) }, current, strict],
  ['parent, in the first half of the grace time, same lane', 'replay', inGrace, parent],
  ['parent, a moment before the first half ends', 'replay', { ...rotated, rotatedAt: ago(14.999) }, parent],
  ['parent, as the second half begins', 'recover', inSecondHalf, parent],
  ['parent, a moment before the grace time ends', 'recover', { ...rotated, rotatedAt: ago(29.999) }, parent],
  ['parent, rotated a moment after the time was read', 'replay', { ...rotated, rotatedAt: ago(-1) }, parent],
  ['parent, in the first half, another lane: two holders', 'recover', inGrace, otherLane],
  ['current, in the second half', 'hold', inSecondHalf, current],
  ['sibling, in the second half', 'hold', { ...inSecondHalf, siblingHash: hashOf(sibling.secret) }, sibling],
  ['parent, out of the grace time', 'recover', rotated, parent],
  ['parent, out of the grace time, another lane', 'recover', rotated, otherLane],
  ['parent, out of the grace time, recovery off', 'reuse', rotated, parent, { ...policy, recover: false }],
  ['parent, in the first half, recovery off', 'replay', inGrace, parent, { ...policy, recover: false }],
  ['parent, in the second half, recovery off', 'reuse', inSecondHalf, parent, { ...policy, recover: false }],
  ['parent at once under strict rotation', 'reuse', { ...inGrace, rotatedAt: readAt }, parent, strict],
  ['parent of a child that the sibling displaced', 'reuse', { ...rotated, rotationNonce: randomBytes(32) }, parent],
  ['grandparent', 'reuse', rotated, tokenOf(3, randomBytes(32))],
  ['current generation, unknown secret', 'reuse', rotated, sibling],
  ['sibling that was cleared', 'reuse', { ...rotated, siblingHash: null }, sibling],
  [
    'the sibling’s secret in the parent’s generation',
    'reuse',
    { ...rotated, siblingHash: hashOf(sibling.secret) },
    { ...sibling, generation: 4 },
  ],
  ['the current secret in the parent’s generation', 'reuse', rotated, { ...current, generation: 4 }],
];

describe('the verdict', () => {
  it.each(table)('%s: %s', (_, verdict, session, token, rules = policy) => {
    expect(judge(session, token, 'pawl', rules, ring)).toBe(verdict);
  });
});
