import { schemaOf, sessionUrl } from './connection-url.js';

const base = 'postgresql://u:p%40ss@host/db';

it.each([
  ['', 'public'],
  ['?schema=auth', 'auth'],
  ['?options=-c%20search_path%3Dauth', 'auth'],
  ['?options=-csearch_path%3Dauth', 'auth'],
  ['?schema=auth&options=-c%20search_path%3Dauth', 'auth'],
  ['?schema=Auth', 'Auth'],
])('the schema of a URL with %j is %s', (query, schema) => {
  expect(schemaOf(base + query)).toBe(schema);
});

it.each([
  '?schema=auth&schema=other',
  '?schema=auth&options=-c%20search_path%3Dother',
  '?options=-c%20search_path%3Dauth,public',
  '?schema=a%22b',
])('a URL with %j is refused, since it does not name one schema', (query) => {
  expect(() => schemaOf(base + query)).toThrow('must name one schema');
});

it('the session of any URL has a fixed format and the schema, and keeps the other options', () => {
  const others = / -c default_transaction_isolation=read\\ committed( -c [a-z_]+=\w+)+$/;
  const options = (url: string) => new URLSearchParams(url.split('?')[1]).get('options')?.replace(others, '');
  const fixed = '-c TimeZone=UTC -c DateStyle=ISO -c search_path=';
  expect(options(sessionUrl(base))).toBe(`${fixed}"public"`);
  expect(options(sessionUrl(`${base}?schema=auth&sslmode=require`))).toBe(`${fixed}"auth"`);
  expect(options(sessionUrl(`${base}?options=-c%20work_mem%3D8MB`))).toBe(`-c work_mem=8MB ${fixed}"public"`);
});

it('a URL of a unix socket keeps its host', () => {
  const url = sessionUrl('postgresql://u:p@/db?host=/var/run/postgresql');
  expect(url).toMatch(/^postgresql:\/\/u:p@\/db\?host=%2Fvar%2Frun%2Fpostgresql&options=/);
});
