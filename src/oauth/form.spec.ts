import { parseForm } from './form.js';

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

  it('has nothing that did not come', () => {
    const form = parseForm('__proto__=x');
    expect(Object.keys(form)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(form)).toBeNull();
    expect('toString' in form).toBe(false);
  });
});
