import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { OperatorError } from '../../common/operator-error.js';
import { readEnvironment } from '../../config/config.js';
import type { Terminal } from '../terminal.js';
import { warningsTo } from '../terminal.js';
import { readLocally } from './inspect-local.js';
import { readRemotely } from './inspect-remote.js';
import { printReport } from './report.js';

const usage = `Usage: npm run -s token -- inspect [TOKEN]
  Lays out an access or refresh token and names what is wrong with it. Without TOKEN it is read from standard input, which
  keeps it out of the shell's history. Exits with 0 for a good token and 1 for a bad one.
  --json             for programs
  --jwks URL|FILE    checks an access token with that key set, without settings and database
  --issuer URL       expected iss (PUBLIC_URL)
  --audience NAME    expected aud (JWT_AUDIENCE, or the issuer)`;

const maxTokenCharacters = 16_384;

/** Runs scripts/token.mjs and resolves with the exit code of the process. docs/inspect.md is for its users. */
export async function runTokenCommand(
  args: readonly string[],
  processEnv: NodeJS.ProcessEnv,
  terminal: Terminal,
  /** Where the caller stands: files are named from there. */
  folder: string,
): Promise<number> {
  const given = readArguments(args);
  if (!given) {
    terminal.stderr.write(`${usage}\n`);
    return 2;
  }
  try {
    const token = withoutScheme(given.token ?? (await readAll(terminal.stdin)));
    const environment = readEnvironment(processEnv);
    const { jwks, issuer, audience, json } = given;
    const report = jwks
      ? await readRemotely(token, toLocation(jwks, folder), { issuer, audience }, environment)
      : await readLocally(token, { issuer, audience }, environment, warningsTo(terminal));
    terminal.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : printReport(report)}\n`);
    return report.good ? 0 : 1;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    terminal.stderr.write(`${error.message}\n`);
    return 2;
  }
}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        jwks: { type: 'string' },
        issuer: { type: 'string' },
        audience: { type: 'string' },
      },
    });
    const [command, token, ...rest] = positionals;
    return command === 'inspect' && rest.length === 0 ? { ...values, token } : undefined;
  } catch (error) {
    // Its message would repeat what was typed, perhaps a token.
    if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')) return undefined;
    throw error;
  }
}

function toLocation(jwks: string, folder: string): string {
  return /^https?:/i.test(jwks) ? jwks : resolve(folder, jwks);
}

async function readAll(input: Terminal['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.length > maxTokenCharacters) throw new OperatorError('The input is longer than any token.');
  }
  return text;
}

/** As it is copied from a header or a file. */
function withoutScheme(text: string): string {
  return text.trim().replace(/^bearer\s+/i, '');
}
