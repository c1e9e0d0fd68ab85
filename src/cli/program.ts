import { CommanderError } from 'commander';
import { ApiError } from '../common/errors.js';
import { OperatorError } from '../common/operator-error.js';
import { packageVersion } from '../common/package-folder.js';
import type { CommandContext } from './command-context.js';
import { PawlCommand, UsageError } from './pawl-command.js';

/** Adds what a noun such as `users` can do. */
type DefineCommands = (noun: PawlCommand, context: CommandContext) => void;

/** Each noun is loaded only if the command line names it. */
const nouns: readonly { name: string; description: string; load: () => Promise<DefineCommands> }[] = [
  {
    name: 'users',
    description: 'list, create, change, delete, import and export users',
    load: async () => (await import('./users/users.js')).defineUsersCommands,
  },
  {
    name: 'clients',
    description: 'list, create and delete OAuth clients',
    load: async () => (await import('./clients/clients.js')).defineClientsCommands,
  },
  {
    name: 'keys',
    description: 'list, rotate and revoke signing keys',
    load: async () => (await import('./keys/keys.js')).defineKeysCommands,
  },
  {
    name: 'audit',
    description: 'verify the audit trail',
    load: async () => (await import('./audit/audit.js')).defineAuditCommands,
  },
  {
    name: 'token',
    description: 'inspect an access or refresh token',
    load: async () => (await import('./token/token.js')).defineTokenCommands,
  },
  {
    name: 'db',
    description: 'migrate the database and show its state',
    load: async () => (await import('./db/db.js')).defineDatabaseCommands,
  },
  {
    name: 'config',
    description: 'check the settings and show them without secrets',
    load: async () => (await import('./config/config.js')).defineConfigCommand,
  },
];

/** Runs a command line of the program `pawl` and returns the exit code of the process. */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<number> {
  const program = await defineProgram(args, context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has shown the help or the version. It is an error only where a command was expected.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) {
      context.terminal.stderr.write(`${error.message}\n\n${error.help}`);
      return 2;
    }
    context.printError(explain(error));
    return context.failureExitCode;
  }
}

async function defineProgram(args: readonly string[], context: CommandContext): Promise<PawlCommand> {
  const program = new PawlCommand('pawl')
    .description('Pawl, a self-hosted authentication service. Without a command it starts the service.')
    .version(packageVersion(), '--version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.terminal.stdout.write(text),
      writeErr: (text) => void context.terminal.stderr.write(text),
    });
  program
    .command('start')
    .description('start the service')
    .action(() => context.startService());
  for (const { name, description, load } of nouns) {
    const noun = program.command(name).description(description);
    if (args.includes(name)) (await load())(noun, context);
  }
  return program;
}

/** The sentences for an error that the operator can correct. Throws any other error. */
function explain(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (!(error instanceof ApiError)) throw error;
  const { fieldErrors = [] } = error.extras;
  if (fieldErrors.length === 0) return error.publicMessage;
  return fieldErrors.map(({ path, message }) => `The ${path} ${message}.`).join('\n');
}
