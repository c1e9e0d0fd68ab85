import { printable, printableJson } from './printable.js';

/** What clears a screen, sets a title, reverses text or ends a line, in seven and eight bits. */
const hostile = '\u001b[2J\u009b31m\u007f\u202e\u200b\u2028\u2029\ufeff\u{e0001}\r';

it('text for a terminal has neither control nor format characters, nor line ends of its own', () => {
  expect(printable(`a${hostile}b`)).toMatch(/^a[ -~]+b$/);
  expect(printable('two\nlines\tand 漢字 Zoë')).toBe('two\nlines\tand 漢字 Zoë');
});

it('JSON for a terminal has none either, and means the same', () => {
  const value = { [hostile]: hostile, plain: '漢字 Zoë 😀', list: ['\n', '\ud800'] };
  for (const json of [printableJson(value), printableJson(value, 2)]) {
    expect(json).not.toMatch(/[\p{Zl}\p{Zp}]|[^\P{C}\n]/u);
    expect(JSON.parse(json)).toEqual(value);
  }
  expect(printableJson(value)).toContain('漢字 Zoë 😀');
});
