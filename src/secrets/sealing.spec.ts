import { createCipheriv, hkdfSync } from 'node:crypto';
import { KeyRing } from './key-ring.js';
import { BrokenSeal, Sealer } from './sealing.js';

const first = 'a first secret of more than thirty-two characters';
const second = 'a second secret of more than thirty-two characters';
const plaintext = Buffer.from('what nobody may read');

const sealer = (...secrets: string[]) => new Sealer(new KeyRing(secrets), 'signingKey');

/** What version 0.1.0 stored, written without our code: its databases must stay readable. */
function sealedByVersion01(secret: string, context: string) {
  const derive = (label: string, bytes: number) => Buffer.from(hkdfSync('sha256', secret, 'pawl/v1', label, bytes));
  const iv = Buffer.alloc(12, 7);
  const cipher = createCipheriv('aes-256-gcm', derive('key-wrap', 32), iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return { sealed, sealKeyId: derive('key id', 4) };
}

it('opens what it sealed, and what an older version sealed', () => {
  const one = sealer(first);
  expect(one.open(one.seal(plaintext, 'row 1'), 'row 1')).toEqual(plaintext);
  expect(one.open(sealedByVersion01(first, 'row 1'), 'row 1')).toEqual(plaintext);
});

it('seals under the first value of AUTH_SECRET and opens under every value', () => {
  const old = sealer(first).seal(plaintext, 'row');
  const both = sealer(second, first);
  expect(both.open(old, 'row')).toEqual(plaintext);
  expect(both.isOutdated(old.sealKeyId)).toBe(true);
  const current = both.seal(plaintext, 'row');
  expect(both.isOutdated(current.sealKeyId)).toBe(false);
  expect(sealer(second).open(current, 'row')).toEqual(plaintext);
});

it('returns undefined if AUTH_SECRET no longer has the value', () => {
  const old = sealer(first).seal(plaintext, 'row');
  expect(sealer(second).open(old, 'row')).toBeUndefined();
  expect(sealer(second).isOutdated(old.sealKeyId)).toBe(false);
});

it('an id of another length belongs to no secret', () => {
  for (const length of [0, 3, 5]) expect(new KeyRing([first]).find(new Uint8Array(length))).toBeUndefined();
});

it('throws if the sealed value was moved to another row, or one bit was changed', () => {
  const one = sealer(first);
  const { sealed, sealKeyId } = one.seal(plaintext, 'row 1');
  expect(() => one.open({ sealed, sealKeyId }, 'row 2')).toThrow(BrokenSeal);
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed.map((byte, index) => (index === i ? byte ^ 1 : byte));
    expect(() => one.open({ sealed: changed, sealKeyId }, 'row 1')).toThrow(BrokenSeal);
  }
});

it('seals the same secret differently each time', () => {
  const one = sealer(first);
  expect(one.seal(plaintext, 'row').sealed).not.toEqual(one.seal(plaintext, 'row').sealed);
});

it('what was sealed for one purpose does not open for another (attack: moving bytes from one table to another)', () => {
  const keys = new KeyRing([first]);
  const sealed = new Sealer(keys, 'totpSecret').seal(plaintext, 'row');
  for (const purpose of ['signingKey', 'providerFlow', 'providerTokens'] as const) {
    expect(() => new Sealer(keys, purpose).open(sealed, 'row')).toThrow(BrokenSeal);
  }
});
