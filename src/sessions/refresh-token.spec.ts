import { randomBytes } from 'node:crypto';
import { newId } from '../common/ids.js';
import { KeyRing } from '../secrets/key-ring.js';
import { decodeRefreshToken, encodeRefreshToken, nextSecret } from './refresh-token.js';

const secretA = 'a'.repeat(32);
const secretB = 'b'.repeat(32);
const ring = new KeyRing([secretA]);
const plain = { userId: newId(), sessionId: newId(), generation: 7, secret: randomBytes(32) };

/** The token with one bit of one of its 96 bytes turned over. */
function withBitFlipped(text: string, byte: number): string {
  const bytes = Buffer.from(text.slice(5), 'base64url');
  bytes[byte]! ^= 1;
  return 'pwl1_' + bytes.toString('base64url');
}

describe('the refresh token codec', () => {
  it('decodes what it encoded', () => {
    const { lane, ...decoded } = decodeRefreshToken(encodeRefreshToken(plain, ring.current), ring)!;
    expect(decoded).toEqual(plain);
    expect(lane).toHaveLength(8);
  });

  it('lays out pwl1_ and 96 bytes: key id, user id, session id, generation, lane, secret, tag', () => {
    const text = encodeRefreshToken(plain, ring.current);
    expect(text).toMatch(/^pwl1_[A-Za-z0-9_-]{128}$/);
    const bytes = Buffer.from(text.slice(5), 'base64url');
    expect(bytes).toHaveLength(96);
    expect(bytes.subarray(0, 4)).toEqual(ring.current.id);
    expect(bytes.subarray(4, 20).toString('hex')).toBe(plain.userId.replaceAll('-', ''));
    expect(bytes.subarray(20, 36).toString('hex')).toBe(plain.sessionId.replaceAll('-', ''));
    expect(bytes.readUInt32BE(36)).toBe(7);
    expect(bytes.subarray(48, 80)).toEqual(plain.secret);
  });

  it('draws a fresh lane for every response, so that two holders of one child can be distinguished', () => {
    const lanes = Array.from(
      { length: 10 },
      () => decodeRefreshToken(encodeRefreshToken(plain, ring.current), ring)!.lane,
    );
    expect(new Set(lanes.map((lane) => lane.toString('hex'))).size).toBe(10);
  });

  it('refuses a forged token: every flipped bit of any byte fails the key id or the tag', () => {
    const text = encodeRefreshToken(plain, ring.current);
    for (let byte = 0; byte < 96; byte++) expect(decodeRefreshToken(withBitFlipped(text, byte), ring)).toBeUndefined();
  });

  it.each([
    ['undefined', undefined],
    ['a number', 42],
    ['an array that prints as a token', [encodeRefreshToken(plain, ring.current)]],
    ['an object', {}],
    ['empty', ''],
    ['another prefix', encodeRefreshToken(plain, ring.current).replace('pwl1_', 'pwl2_')],
    ['cut off', encodeRefreshToken(plain, ring.current).slice(0, -1)],
    ['a character too many', encodeRefreshToken(plain, ring.current) + 'A'],
    ['a line break at the end', encodeRefreshToken(plain, ring.current) + '\n'],
    ['base64 with padding', 'pwl1_' + 'A'.repeat(127) + '='],
  ])('refuses %s', (_, text) => {
    expect(decodeRefreshToken(text, ring)).toBeUndefined();
  });

  it('refuses a token tagged under an AUTH_SECRET that is not, or no longer, ours', () => {
    expect(decodeRefreshToken(encodeRefreshToken(plain, new KeyRing([secretB]).current), ring)).toBeUndefined();
  });

  it('verifies under every AUTH_SECRET value, and signs under the first', () => {
    const both = new KeyRing([secretB, secretA]);
    expect(decodeRefreshToken(encodeRefreshToken(plain, ring.current), both)).toMatchObject(plain);
    expect(decodeRefreshToken(encodeRefreshToken(plain, both.current), ring)).toBeUndefined();
  });
});

describe('the next secret', () => {
  const token = { ...plain, lane: randomBytes(8) };
  const nonce = randomBytes(32);
  const child = nextSecret(token, nonce, ring.current);

  it('can be derived again from the same secret, nonce and key: a lost answer can be repeated', () => {
    expect(nextSecret(token, nonce, ring.current)).toEqual(child);
  });

  it.each([
    ['secret', { ...token, secret: randomBytes(32) }, nonce, ring],
    ['nonce (the row)', token, randomBytes(32), ring],
    ['server key', token, nonce, new KeyRing([secretB])],
    ['user', { ...token, userId: newId() }, nonce, ring],
    ['session', { ...token, sessionId: newId() }, nonce, ring],
    ['generation', { ...token, generation: 8 }, nonce, ring],
  ])('is another for another %s', (_, otherToken, otherNonce, otherRing) => {
    expect(nextSecret(otherToken, otherNonce, otherRing.current)).not.toEqual(child);
  });

  it('does not depend on the lane: replays of one child differ in their lanes only', () => {
    expect(nextSecret({ ...token, lane: randomBytes(8) }, nonce, ring.current)).toEqual(child);
  });
});

describe('the key ring', () => {
  it('refuses two equal values, because they cannot be distinguished', () => {
    expect(() => new KeyRing([secretA, secretA])).toThrow('same key id');
  });
});
