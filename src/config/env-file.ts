import { isUtf8 } from 'node:buffer';
import { parse } from 'dotenv';
import { OperatorError } from '../common/operator-error.js';

export interface EnvFile {
  variables: NodeJS.ProcessEnv;
  warnings: string[];
}

/** Reads a `.env` file in UTF-8 or UTF-16, with or without a byte order mark. Throws OperatorError if it is not text. */
export function parseEnvFile(bytes: Buffer): EnvFile {
  const text = decodeText(bytes);
  if (text === undefined) throw new OperatorError('.env is not UTF-8 text. Save it as UTF-8.');
  const warnings: string[] = [];
  const lines: string[] = [];
  const names = new Set<string>();
  let open: { quote: string; name: string } | undefined;
  for (const [at, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (open === undefined) {
      warnings.push(...faultsOf(line, at + 1, names));
      lines.push(keepHash(line, warnings));
      open = openedBy(line);
    } else {
      lines.push(line);
      if (line.includes(open.quote)) open = undefined;
    }
  }
  if (open) warnings.push(`${open.name} in .env begins with a quotation mark that is not closed.`);
  return { variables: parse(lines.join('\n')), warnings };
}

/** Warns of a line that has no effect, or takes the effect of an earlier one. Quotes no value: it may be a secret. */
function faultsOf(line: string, number: number, names: Set<string>): string[] {
  if (/^\s*(#|$)/.test(line)) return [];
  const name = assignment.exec(line)?.[2];
  if (name === undefined) return [`Line ${number} of .env has no effect, because it is not NAME=value.`];
  if (names.has(name)) return [`${name} is set more than once in .env. The last value counts.`];
  names.add(name);
  return [];
}

/** Returns undefined if the bytes are not text. */
export function decodeText(bytes: Buffer): string | undefined {
  const encoding = encodingOf(bytes);
  const text = new TextDecoder(encoding).decode(bytes);
  return text.includes('\0') || (encoding === 'utf-8' && !isUtf8(bytes)) ? undefined : text;
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
 * dotenv cuts an unquoted value at any `#`. As in shells, only a `#` after a blank starts a comment here, so that a `#` inside a
 * password or at its beginning stays. Warns if the cut part may belong to a secret.
 */
function keepHash(line: string, warnings: string[]): string {
  const [, start = '', name = '', value = ''] = assignment.exec(line) ?? [];
  if (!value.includes('#') || /^['"`]/.test(value)) return line;
  const comment = (/\s$/.test(start) ? /(^|\s+)#.*$/ : /\s+#.*$/).exec(value);
  const kept = (comment ? value.slice(0, comment.index) : value).trim();
  if (comment && kept !== '' && secretName.test(name)) {
    warnings.push(`${name} in .env ends before " #". If the rest belongs to the value, put it in quotation marks.`);
  }
  const quote = ["'", '`', '"'].find((mark) => !kept.includes(mark));
  return kept.includes('#') && quote !== undefined ? `${start}${quote}${kept}${quote}` : `${start}${kept}`;
}

/** The value that goes on in the next line. Returns undefined if there is none. */
function openedBy(line: string): { quote: string; name: string } | undefined {
  const [, , name = '', value = ''] = assignment.exec(line) ?? [];
  const quote = /^['"`]/.exec(value)?.[0];
  return quote !== undefined && !value.slice(1).includes(quote) ? { quote, name } : undefined;
}
