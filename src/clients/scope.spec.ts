import { includesScope, isScope } from './scope.js';

describe('isScope (RFC 6749 section 3.3)', () => {
  it.each(['', 'a', 'a b', 'invoices:read invoices:write', 'https://api.example.com/x', '!#[]~'])(
    '%j is one',
    (text) => {
      expect(isScope(text)).toBe(true);
    },
  );

  it.each([' ', ' a', 'a ', 'a  b', 'a"', 'a\\b', 'a\tb', 'a\nb', 'é', 'a\0'])('%j is not one', (text) => {
    expect(isScope(text)).toBe(false);
  });
});

describe('includesScope', () => {
  it.each([
    ['a b c', 'b', true],
    ['a b c', 'c a', true],
    ['a b c', 'a a', true],
    ['a b c', 'd', false],
    ['a b c', 'a d', false],
    ['a b c', 'A', false],
    ['ab', 'a', false],
    ['', 'a', false],
  ])('of %j, %j: %s', (granted, requested, included) => {
    expect(includesScope(granted, requested)).toBe(included);
  });
});
