import { jest } from '@jest/globals';
import { OAuthError } from './errors.js';
import { maxParameters, parseForm } from './form.js';

describe('parseForm', () => {
  it.each<[string, Record<string, unknown>]>([
    ['', {}],
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a=1+2%203%2B', { a: '1 2 3+' }],
    ['a=%C3%A9', { a: 'é' }],
    ['a=x=y', { a: 'x=y' }],
    ['a=&b&c=1', { c: '1' }],
    ['a=1&a=2', { a: ['1', '2'] }],
    ['a=&a=2', { a: ['', '2'] }],
    ['a=1&%61=2', { a: ['1', '2'] }],
    ['&&a=1&&', { a: '1' }],
  ])('%j', (text, form) => {
    expect({ ...parseForm(text) }).toEqual(form);
  });

  it('64 KiB of distinct names block nothing: more than 100 parameters are refused before any is parsed', () => {
    const parameters = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=1`).join('&');
    expect(Object.keys(parseForm(parameters(maxParameters)))).toHaveLength(maxParameters);
    for (const text of [
      parameters(maxParameters + 1),
      'a&'.repeat(32_000),
      '&'.repeat(64_000),
      '%61=1&'.repeat(10_000),
    ]) {
      const parser = jest.spyOn(globalThis, 'URLSearchParams');
      expect(() => parseForm(text)).toThrow(OAuthError);
      expect(parser).not.toHaveBeenCalled();
      parser.mockRestore();
    }
  });

  it('has nothing that was not sent', () => {
    const form = parseForm('__proto__=x');
    expect(Object.keys(form)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(form)).toBeNull();
    expect('toString' in form).toBe(false);
  });
});
