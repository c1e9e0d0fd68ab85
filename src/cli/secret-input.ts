import { StringDecoder } from 'node:string_decoder';
import { OperatorError } from '../common/operator-error.js';
import type { Terminal } from './terminal.js';

/** A standard input that is a keyboard: `process.stdin` is one unless a file or a pipe is given. */
interface Keyboard extends AsyncIterable<Uint8Array | string> {
  isTTY: true;
  setRawMode(raw: boolean): unknown;
}

const maxBytes = 64 * 1024;
/** Enter and Ctrl-D. */
const ends: ReadonlySet<string> = new Set(['\r', '\n', '\u0004']);
const interrupt = '\u0003';
const erasers: ReadonlySet<string> = new Set(['\b', '\u007f']);

/**
 * Reads a secret, never from the command line, which others on the machine can read: typed without echo (twice, where it is
 * chosen), or the first line of what is piped in.
 */
export async function readSecret({ stdin, stderr }: Terminal, name: string, { twice = true } = {}): Promise<string> {
  if (!isKeyboard(stdin)) return firstLine(stdin);
  const characters = typedCharacters(stdin);
  stdin.setRawMode(true);
  try {
    const typed = [];
    for (const prompt of twice ? [name, `${name}, again`] : [name]) {
      stderr.write(`${prompt}: `);
      typed.push(await readTyped(characters));
      stderr.write('\n');
    }
    if (twice && typed[0] !== typed[1]) throw new OperatorError('The two are not the same: try again.');
    return typed[0]!;
  } finally {
    stdin.setRawMode(false);
    await characters.return(undefined);
  }
}

function isKeyboard(stdin: Terminal['stdin']): stdin is Keyboard {
  return (stdin as Partial<Keyboard>).isTTY === true;
}

async function readTyped(characters: AsyncGenerator<string, undefined>): Promise<string> {
  let text: string[] = [];
  for (;;) {
    const next = await characters.next();
    if (next.done || ends.has(next.value)) return text.join('');
    if (next.value === interrupt) throw new OperatorError('Interrupted: nothing was changed.');
    if (erasers.has(next.value)) text = text.slice(0, -1);
    else text.push(next.value);
  }
}

async function* typedCharacters(keyboard: Keyboard): AsyncGenerator<string, undefined> {
  const decoder = new StringDecoder('utf8');
  for await (const chunk of keyboard) {
    yield* typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
  }
  return undefined;
}

async function firstLine(stdin: Terminal['stdin']): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of stdin) {
    bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
    if (bytes.includes('\n') || bytes.length > maxBytes) break;
  }
  const [line = ''] = bytes.toString('utf8').split('\n');
  return line.replace(/\r$/, '');
}
