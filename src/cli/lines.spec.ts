import { Readable } from 'node:stream';
import { linesOf } from './lines.js';

async function read(...chunks: string[]): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  let number = 0;
  for await (const line of linesOf(Readable.from(chunks), 4)) {
    expect(line.number).toBe(++number);
    lines.push(line.bytes?.toString());
  }
  return lines;
}

it.each<[string[], (string | undefined)[]]>([
  [[], []],
  [['a\nb\n'], ['a', 'b']],
  [['a\nb'], ['a', 'b']],
  [
    ['a', 'b\n', '\nc'],
    ['ab', '', 'c'],
  ],
  [['abcd\nabcde\na'], ['abcd', undefined, 'a']],
  [
    ['abc', 'def', 'ghi\nx'],
    [undefined, 'x'],
  ],
])('%j is %j', async (chunks, lines) => {
  expect(await read(...chunks)).toEqual(lines);
});
