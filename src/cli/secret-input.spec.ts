import { Readable } from 'node:stream';
import { OperatorError } from '../common/operator-error.js';
import { readSecret } from './secret-input.js';

/** A terminal at which somebody types; `modes` has each change of the raw mode, without which keys would be echoed. */
function typing(...keys: string[]) {
  const written: string[] = [];
  const modes: boolean[] = [];
  const stdin = Object.assign(Readable.from(keys), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
  const write = (text: string) => written.push(text);
  return { terminal: { stdin, stdout: { write }, stderr: { write } }, written, modes };
}

const piped = (...chunks: (string | Buffer)[]) => {
  const write = () => true;
  return { stdin: Readable.from(chunks), stdout: { write }, stderr: { write } };
};

describe('a secret that is typed', () => {
  it('is asked for twice and not shown', async () => {
    const { terminal, written, modes } = typing('s', 'ecret', '\r', 'secret\r');
    expect(await readSecret(terminal, 'Password')).toBe('secret');
    expect(written).toEqual(['Password: ', '\n', 'Password, again: ', '\n']);
    expect(modes).toEqual([true, false]);
  });

  it('can be corrected, character by character', async () => {
    const { terminal } = typing('sek\u007fcre\b\bret\u{1f511}\u007f\r', 'secret\n');
    expect(await readSecret(terminal, 'Password')).toBe('secret');
  });

  it.each([
    ['two that differ', ['secret\r', 'secrets\r']],
    ['Ctrl-C', ['sec\u0003']],
  ])('is none: %s', async (_, keys) => {
    const { terminal, modes } = typing(...keys);
    await expect(readSecret(terminal, 'Password')).rejects.toThrow(OperatorError);
    expect(modes).toEqual([true, false]);
  });
});

describe('a secret that is piped in', () => {
  it.each([
    [['secret\n'], 'secret'],
    [['sec', 'ret\r\nmore\n'], 'secret'],
    [['secret'], 'secret'],
    [[' se cret \n'], ' se cret '],
    [[Buffer.from([0xc3]), Buffer.from([0xa4, 0x0a])], 'ä'],
    [[], ''],
  ])('is its first line: %j', async (chunks, secret) => {
    expect(await readSecret(piped(...chunks), 'Password')).toBe(secret);
  });
});
