import type { TokenReport } from '../../tokens/token-report.js';
import { printable } from '../printable.js';

/** A report for people: verdict, problems, then each section with its values in a column. */
export function printReport({ kind, good, problems, sections }: TokenReport): string {
  const name = kind === 'unknown' ? 'Not a token of Pawl' : kind === 'access token' ? 'Access token' : 'Refresh token';
  const verdict = good ? 'good' : `not good: ${problems.map(({ code }) => code).join(', ')}`;
  const blocks = [
    `${name}, ${verdict}`,
    ...(problems.length > 0 ? [columns(problems.map(({ code, message }) => [code, message]))] : []),
    ...Object.entries(sections).map(([title, values]) => `${title}\n${columns(Object.entries(values))}`),
  ];
  return blocks.join('\n\n');
}

function columns(rows: [string, unknown][]): string {
  const shown = rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [inOneLine(name), inOneLine(value)] as const);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** A forged token may hold anything. A value stays on its line. */
function inOneLine(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return printable(text).replaceAll('\n', '\\u{a}').replaceAll('\t', '\\u{9}');
}
