import { decodeCursor, encodeCursor, PageQuery, toPage } from './pagination.js';

const id = '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e';
const base64url = (text: string) => Buffer.from(text).toString('base64url');

describe('cursor', () => {
  it('carries an id there and back, in characters that need no escape in a URL', () => {
    expect(decodeCursor(encodeCursor(id))).toBe(id);
    expect(encodeCursor(id)).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    ['nothing', ''],
    ['a bare id', id],
    ['an encoded bare id', base64url(id)],
    ['another version', base64url(`2:${id}`)],
    ['upper case', base64url(`1:${id.toUpperCase()}`)],
    ['more after the id', base64url(`1:${id}0`)],
    ['a line feed after the id', base64url(`1:${id}\n`)],
    ['an id cut short', base64url(`1:${id.slice(1)}`)],
    ['padding', `${encodeCursor(id)}=`],
    ['white space', ` ${encodeCursor(id)}`],
  ])('refuses %s', (_, cursor) => {
    expect(decodeCursor(cursor)).toBeUndefined();
  });
});

describe('the query of a list', () => {
  it.each([
    [{}, { limit: 20 }],
    [{ limit: '1' }, { limit: 1 }],
    [
      { limit: '100', cursor: encodeCursor(id) },
      { limit: 100, cursor: id },
    ],
    [{ unknown: 'x' }, { limit: 20 }],
  ])('%j is %j', (given, expected) => {
    expect(PageQuery.parse(given)).toEqual(expected);
  });

  it.each(['0', '101', '-1', '1.5', '', 'ten', 'NaN', 'Infinity', ['1', '2']])('a limit of %j is refused', (limit) => {
    expect(PageQuery.safeParse({ limit }).success).toBe(false);
  });
});

describe('toPage', () => {
  const rows = [{ id: '3' }, { id: '2' }, { id: '1' }];

  it('says that no more follow when there is no row too many', () => {
    expect(toPage(rows, 3)).toEqual({ rows, nextCursor: null });
    expect(toPage([], 3)).toEqual({ rows: [], nextCursor: null });
  });

  it('hides the row too many and points at the last one shown', () => {
    expect(toPage(rows, 2)).toEqual({ rows: rows.slice(0, 2), nextCursor: encodeCursor('2') });
  });
});
