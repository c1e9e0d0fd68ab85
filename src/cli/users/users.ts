import { parseArgs } from 'node:util';
import { ApiError } from '../../common/errors.js';
import { OperatorError } from '../../common/operator-error.js';
import { loadConfig, readEnvironment } from '../../config/config.js';
import { withDatabase } from '../../database/with-database.js';
import type { Terminal } from '../terminal.js';
import { warningsTo } from '../terminal.js';
import type { Given } from './user-commands.js';
import { userCommands } from './user-commands.js';

const usage = `Usage: npm run -s users -- COMMAND
  list [USER]             shows users, newest first; --limit N (20)
  create EMAIL            reads a password from standard input, or asks for it; --role ROLE (user), --name NAME,
                          --verified: its owner has proven the address
  role USER ROLE          gives another role
  disable USER            ends every session, and nobody signs in; enable USER lets them again
  sign-out USER           ends every session
  import [FILE]           makes the users of an NDJSON file, or of standard input, hashes included
  export                  writes every user as NDJSON; --with-password-hashes: with their hashes
USER is an address or an id. docs/operations.md says more.`;

/** Runs one command of scripts/users.mjs and resolves with the exit code of the process. */
export async function runUsersCommand(
  args: readonly string[],
  processEnv: NodeJS.ProcessEnv,
  terminal: Terminal,
  /** Where the caller stands: files are named from there. */
  folder: string,
): Promise<number> {
  const given = readArguments(args);
  const command = given && userCommands.get(given.command);
  if (!command || given.operands.length < command.operands[0] || given.operands.length > command.operands[1]) {
    terminal.stderr.write(`${usage}\n`);
    return 2;
  }
  try {
    const config = loadConfig(readEnvironment(processEnv));
    return await withDatabase(config, warningsTo(terminal), (db) =>
      command.run({ ...given, config, db, terminal, folder }),
    );
  } catch (error) {
    terminal.stderr.write(`${sentenceOf(error)}\n`);
    return 1;
  }
}

function readArguments(args: readonly string[]): Given | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        limit: { type: 'string', default: '20' },
        name: { type: 'string' },
        role: { type: 'string', default: 'user' },
        verified: { type: 'boolean', default: false },
        'with-password-hashes': { type: 'boolean', default: false },
      },
    });
    const [command = '', ...operands] = positionals;
    return { command, operands, options: values };
  } catch (error) {
    // Its message would repeat what was typed, perhaps a password.
    if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')) return undefined;
    throw error;
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (!(error instanceof ApiError)) throw error;
  const { fieldErrors = [] } = error.extras;
  if (error.code === 'not_found')
    return 'There is no such user: "npm run -s users -- list" shows those that there are.';
  if (fieldErrors.length === 0) return error.publicMessage;
  return fieldErrors.map(({ path, message }) => `The ${path} ${message}.`).join('\n');
}
