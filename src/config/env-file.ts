import { isUtf8 } from 'node:buffer';
import { parse } from 'dotenv';
import { OperatorError } from '../common/operator-error.js';

export interface EnvFile {
  variables: NodeJS.ProcessEnv;
  warnings: string[];
}

/** Reads a `.env` file in UTF-8 or UTF-16, with or without a byte order mark. Throws OperatorError if it is not text. */
export function parseEnvFile(bytes: Buffer): EnvFile {
  const warnings: string[] = [];
  const lines: string[] = [];
  let openQuote: string | undefined;
  for (const line of decodeText(bytes).split(/\r\n|\n|\r/)) {
    lines.push(openQuote === undefined ? keepHash(line, warnings) : line);
    openQuote = quoteAfter(line, openQuote);
  }
  return { variables: parse(lines.join('\n')), warnings };
}

function decodeText(bytes: Buffer): string {
  const encoding = encodingOf(bytes);
  const text = new TextDecoder(encoding).decode(bytes);
  if (text.includes('\0') || (encoding === 'utf-8' && !isUtf8(bytes))) {
    throw new OperatorError('.env is not UTF-8 text. Save it as UTF-8.');
  }
  return text;
}

/** Windows' PowerShell writes UTF-16 with a byte order mark. Without one, every other byte of ASCII in UTF-16 is 0. */
function encodingOf(bytes: Buffer): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] !== 0 && bytes[1] === 0)) return 'utf-16le';
  if ((bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0 && bytes[1] !== 0)) return 'utf-16be';
  return 'utf-8';
}

const assignment = /^(\s*(?:export\s+)?([\w.-]+)\s*=\s*)(.*)$/;

/** Settings whose value may well contain a `#`. */
const secretName = /(SECRET|PASSWORD|TOKEN|URL)$/;

/**
 * dotenv cuts an unquoted value at any `#`. As in shells and Compose, only a `#` after a blank starts a comment here, so that a
 * `#` inside a password stays. Warns if the cut part may belong to a secret.
 */
function keepHash(line: string, warnings: string[]): string {
  const [, start = '', name = '', value = ''] = assignment.exec(line) ?? [];
  if (!value.includes('#') || /^['"`]/.test(value)) return line;
  const comment = /(^|\s+)#.*$/.exec(value);
  const kept = (comment ? value.slice(0, comment.index) : value).trim();
  if (comment && kept !== '' && secretName.test(name)) {
    warnings.push(`${name} in .env ends before " #". If the rest belongs to the value, put it in quotation marks.`);
  }
  const quote = ["'", '`', '"'].find((mark) => !kept.includes(mark));
  return kept.includes('#') && quote !== undefined ? `${start}${quote}${kept}${quote}` : `${start}${kept}`;
}

/** The quotation mark of a value that goes on in the next line. Returns undefined if there is none. */
function quoteAfter(line: string, open: string | undefined): string | undefined {
  if (open !== undefined) return line.includes(open) ? undefined : open;
  const [, , , value = ''] = assignment.exec(line) ?? [];
  const mark = /^['"`]/.exec(value)?.[0];
  return mark !== undefined && !value.slice(1).includes(mark) ? mark : undefined;
}
