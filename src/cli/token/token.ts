import { resolve } from 'node:path';
import { OperatorError } from '../../common/operator-error.js';
import { readEnvironment } from '../../config/environment.js';
import type { CommandContext } from '../command-context.js';
import type { PawlCommand } from '../pawl-command.js';
import { printableJson } from '../printable.js';
import type { Terminal } from '../terminal.js';
import { warningsTo } from '../terminal.js';
import { inspectLocally } from './inspect-local.js';
import { inspectRemotely } from './inspect-remote.js';
import { printReport } from './print-report.js';

const maxTokenCharacters = 16_384;

interface InspectOptions {
  json: boolean;
  jwks?: string;
  issuer?: string;
  audience?: string;
}

/** `pawl token`. docs/inspect.md is for its users. */
export function defineTokenCommands(token: PawlCommand, context: CommandContext): void {
  // 1 says that the token is bad.
  context.failureExitCode = 2;

  token
    .command('inspect')
    .description(
      'show what is in an access or refresh token and what is wrong with it; exits with 0 for a good token, 1 for a bad one',
    )
    .argument('[TOKEN]', 'the token; standard input keeps it out of the history of the shell (default: standard input)')
    .withJson()
    .option('--jwks <URL|FILE>', 'check an access token with this key set, without settings and database')
    .option('--issuer <URL>', 'the expected iss (default: PUBLIC_URL)')
    .option('--audience <NAME>', 'the expected aud (default: JWT_AUDIENCE, or the issuer)')
    .action((given: string | undefined, options: InspectOptions) => inspect(context, given, options));
}

async function inspect(context: CommandContext, given: string | undefined, options: InspectOptions): Promise<void> {
  const { jwks, issuer, audience, json } = options;
  const token = withoutScheme(given ?? (await readAll(context.terminal.stdin)));
  const environment = readEnvironment(context.processEnv);
  const report = jwks
    ? await inspectRemotely(token, toLocation(jwks, context.folder), { issuer, audience }, environment)
    : await inspectLocally(token, { issuer, audience }, environment, warningsTo(context.terminal));
  if (json) context.terminal.stdout.write(`${printableJson(report, 2)}\n`);
  else context.print(printReport(report));
  if (!report.good) context.exitCode = 1;
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

/** A token as it is copied from a header or a file. */
function withoutScheme(text: string): string {
  return text.trim().replace(/^bearer\s+/i, '');
}
