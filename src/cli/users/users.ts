import { loadConfig } from '../../config/config.js';
import { readEnvironment } from '../../config/environment.js';
import type { CommandContext } from '../command-context.js';
import { withConfiguredDatabase } from '../configured-database.js';
import type { PawlCommand } from '../pawl-command.js';
import { changeUser, signOutUser } from './change-user.js';
import { checkPassword } from './check-password.js';
import { createUser } from './create-user.js';
import { exportUsers } from './export-users.js';
import { importUsers } from './import-users.js';
import { listUsers } from './list-users.js';
import { services } from './user-services.js';

/** `pawl users`. docs/operations.md is for its users. */
export function defineUsersCommands(users: PawlCommand, context: CommandContext): void {
  const withServices = (use: (needed: ReturnType<typeof services>) => Promise<void>) =>
    withConfiguredDatabase(context, (db, config) => use(services(db, config)));

  users
    .command('list')
    .description('show users, newest first')
    .argument('[USER]', 'an email address or id')
    .option('--limit <N>', 'how many to show', '20')
    .action((user: string | undefined, options: { limit: string }) =>
      withServices((given) => listUsers(given, context, user, options)),
    );

  users
    .command('create')
    .description('create a user, with a password from standard input or a prompt')
    .argument('<EMAIL>', 'the email address')
    .option('--role <ROLE>', 'the role', 'user')
    .option('--name <NAME>', 'the display name')
    .option('--verified', 'the user has proven the address', false)
    .action((email: string, options: { role: string; name?: string; verified: boolean }) =>
      withServices((given) => createUser(given, context, email, options)),
    );

  users
    .command('role')
    .description('give a user another role')
    .argument('<USER>', 'an email address or id')
    .argument('<ROLE>', 'the role')
    .action((user: string, role: string) => withServices((given) => changeUser(given, context, user, { role })));

  users
    .command('disable')
    .description('end every session of a user and refuse new ones')
    .argument('<USER>', 'an email address or id')
    .action((user: string) => withServices((given) => changeUser(given, context, user, { disabled: true })));

  users
    .command('enable')
    .description('let a disabled user sign in again')
    .argument('<USER>', 'an email address or id')
    .action((user: string) => withServices((given) => changeUser(given, context, user, { disabled: false })));

  users
    .command('sign-out')
    .description('end every session of a user')
    .argument('<USER>', 'an email address or id')
    .action((user: string) => withServices((given) => signOutUser(given, context, user)));

  users
    .command('import')
    .description('create the users of an NDJSON file, with their password hashes')
    .argument('[FILE]', 'the file (default: standard input)')
    .option('--check <EMAIL>', 'import nothing: try a password against the line with this email address')
    .action(async (file: string | undefined, { check }: { check?: string }, command: PawlCommand) => {
      if (check === undefined) return withServices((given) => importUsers(given, context, file));
      if (file === undefined) command.error('--check needs FILE: standard input is for the password.');
      return checkPassword(loadConfig(readEnvironment(context.processEnv)), context, file, check);
    });

  users
    .command('export')
    .description('write every user as NDJSON')
    .option('--with-password-hashes', 'include the password hashes', false)
    .action((options: { withPasswordHashes: boolean }) =>
      withServices((given) => exportUsers(given, context, options.withPasswordHashes)),
    );
}
