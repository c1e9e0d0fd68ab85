import { EventStreamParser } from './event-stream.js';

function parse(...pieces: string[]) {
  const found: unknown[] = [];
  const parser = new EventStreamParser({ event: (event) => found.push(event), id: (id) => found.push(id) });
  for (const piece of pieces) parser.push(piece);
  return found;
}

const text = 'retry: 1000\n\n:\n\nid: 7-x\ndata: {"a":1}\n\nevent: current\nid: 8\ndata: {}\n\n';
/** The id comes after its event: what was not handled must not be skipped by resuming behind it. */
const expected = [{ event: 'message', data: '{"a":1}' }, '7-x', { event: 'current', data: '{}' }, '8'];

it('finds events and ids, and skips comments', () => expect(parse(text)).toEqual(expected));

it('finds the same wherever the stream is cut', () => {
  for (let i = 1; i < text.length; i++) expect(parse(text.slice(0, i), text.slice(i))).toEqual(expected);
  expect(parse(...Array.from(text))).toEqual(expected);
});

it('accepts every end of a line', () => {
  expect(parse(text.replaceAll('\n', '\r\n'))).toEqual(expected);
  expect(parse('data: a\ndata:b\n\n')).toEqual([{ event: 'message', data: 'a\nb' }]);
});

it('ignores an event without its end', () => expect(parse('data: half')).toEqual([]));

it('refuses a line without end, which would fill the memory', () => {
  expect(() => parse('x'.repeat(100_000))).toThrow('too long');
});
