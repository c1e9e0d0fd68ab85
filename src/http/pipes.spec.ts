import { ApiError } from '../common/errors.js';
import { assertWellFormedText, maxValues } from './pipes.js';

/** An object that counts how many of its values are read. */
function counted(count: number): { value: object; reads: () => number } {
  let reads = 0;
  const value = {};
  for (let i = 0; i < count; i++) {
    Object.defineProperty(value, `k${i}`, { enumerable: true, get: () => ++reads });
  }
  return { value, reads: () => reads };
}

describe('assertWellFormedText', () => {
  it('reads each value once', () => {
    const { value, reads } = counted(maxValues - 1);
    assertWellFormedText(value);
    expect(reads()).toBe(maxValues - 1);
  });

  it('a body of very many keys is refused without reading them all', () => {
    const { value, reads } = counted(20_000);
    expect(() => assertWellFormedText(value)).toThrow(ApiError);
    expect(reads()).toBeLessThan(maxValues);
  });

  it.each([
    ['nested arrays', '['.repeat(32_000) + ']'.repeat(32_000)],
    ['nested objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ['a long list', `[${'1,'.repeat(30_000)}1]`],
  ])('64 KiB of %s are refused', (_, json) => {
    expect(() => assertWellFormedText(JSON.parse(json))).toThrow('too many values');
  });

  it.each([['\0'], [{ a: [{ b: 'x\0' }] }], [{ '\0': 1 }], [['\ud800']]])('%j is refused', (value) => {
    expect(() => assertWellFormedText(value)).toThrow('U+0000');
  });

  it.each([[undefined], [null], [1], ['text'], [{ a: { b: [null, true, '😀'] } }]])('%j passes', (value) => {
    expect(() => assertWellFormedText(value)).not.toThrow();
  });
});
