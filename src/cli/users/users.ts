import { loadConfig } from '../../config/config.js';
import { readEnvironment } from '../../config/environment.js';
import type { CommandContext } from '../command-context.js';
import { withConfiguredDatabase } from '../configured-database.js';
import type { PawlCommand } from '../pawl-command.js';
import { changeUser, deleteUser, signOutUser, verifyUser } from './change-user.js';
import { checkPassword } from './check-password.js';
import { createUser } from './create-user.js';
import type { ExportOptions } from './export-users.js';
import { exportUsers } from './export-users.js';
import { importUsers } from './import-users.js';
import { listUsers } from './list-users.js';
import type { JsonOption } from './print-users.js';
import { listFactors, resetFactors } from './user-factors.js';
import { createResetLink, setPassword } from './user-passwords.js';
import type { UserServices } from './user-services.js';
import { services } from './user-services.js';

/** `pawl users`. docs/operations.md is for its users. */
export function defineUsersCommands(users: PawlCommand, context: CommandContext): void {
  const withServices = (use: (needed: UserServices) => Promise<void>) =>
    withConfiguredDatabase(context, (db, config) => use(services(db, config)));

  users
    .command('list')
    .description('show users, newest first')
    .argument('[USER]', 'an email address or id')
    .option('--limit <N>', 'how many to show', '20')
    .withJson()
    .action((user: string | undefined, options: JsonOption & { limit: string }) =>
      withServices((given) => listUsers(given, context, user, options)),
    );

  users
    .command('create')
    .description('create a user, with a password from standard input or a prompt')
    .argument('<EMAIL>', 'the email address')
    .option('--role <ROLE>', 'the role', 'user')
    .option('--name <NAME>', 'the display name')
    .option('--verified', 'the user has proven the address', false)
    .withJson()
    .action((email: string, options: JsonOption & { role: string; name?: string; verified: boolean }) =>
      withServices((given) => createUser(given, context, email, options)),
    );

  users
    .command('role')
    .description('give a user another role')
    .argument('<USER>', 'an email address or id')
    .argument('<ROLE>', 'the role')
    .withJson()
    .action((user: string, role: string, options: JsonOption) =>
      withServices((given) => changeUser(given, context, user, { role }, options)),
    );

  /** A command about one user, and what it does. */
  const aboutUser = (
    name: string,
    description: string,
    run: (given: UserServices, context: CommandContext, user: string, options: JsonOption) => Promise<void>,
  ) =>
    users
      .command(name)
      .description(description)
      .argument('<USER>', 'an email address or id')
      .withJson()
      .action((user: string, options: JsonOption) => withServices((given) => run(given, context, user, options)));

  aboutUser('disable', 'end every session of a user and refuse new ones', (given, _, user, options) =>
    changeUser(given, context, user, { disabled: true }, options),
  );
  aboutUser('enable', 'let a disabled user sign in again', (given, _, user, options) =>
    changeUser(given, context, user, { disabled: false }, options),
  );
  aboutUser('sign-out', 'end every session of a user', signOutUser);
  aboutUser('verify', 'mark the email address of a user as proven', verifyUser);
  aboutUser('password', 'set a password, from standard input or a prompt, and end every session', setPassword);
  aboutUser('factors', 'show the second factors of a user', listFactors);
  aboutUser('reset-link', 'print a link with which its holder chooses a new password', createResetLink);

  users
    .command('reset-factors')
    .description('remove the second factors of a user who has lost them, and end every session')
    .argument('<USER>', 'an email address or id')
    .option('--yes', 'really remove them', false)
    .withJson()
    .action((user: string, options: JsonOption & { yes: boolean }) =>
      withServices((given) => resetFactors(given, context, user, options)),
    );

  users
    .command('delete')
    .description('delete a user and everything that belongs to the user')
    .argument('<USER>', 'an email address or id')
    .option('--yes', 'really delete', false)
    .withJson()
    .action((user: string, options: JsonOption & { yes: boolean }) =>
      withServices((given) => deleteUser(given, context, user, options)),
    );

  users
    .command('import')
    .description('create the users of an NDJSON file, with their password hashes')
    .argument('[FILE]', 'the file (default: standard input)')
    .option('--check <EMAIL>', 'import nothing: try a password against the line with this email address')
    .withJson()
    .action(async (file: string | undefined, options: JsonOption & { check?: string }, command: PawlCommand) => {
      const { check } = options;
      if (check === undefined) return withServices((given) => importUsers(given, context, file, options));
      if (file === undefined) command.error('--check needs FILE: standard input is for the password.');
      return checkPassword(loadConfig(readEnvironment(context.processEnv)), context, file, { ...options, check });
    });

  users
    .command('export')
    .description('write every user as NDJSON')
    .option('--with-password-hashes', 'include the password hashes', false)
    .option('--json', 'has no effect: each line is JSON anyway', false)
    .option(
      '--with-second-factors',
      'include authenticator apps (with their secrets), passkeys and recovery codes',
      false,
    )
    .action((options: ExportOptions) => withServices((given) => exportUsers(given, context, options)));
}
