import type { CommandContext } from '../command-context.js';
import type { PawlCommand } from '../pawl-command.js';
import type { JsonOption } from './database-commands.js';
import { DatabaseCommands } from './database-commands.js';

/** `pawl db`. docs/deployment.md is for its users. */
export function defineDatabaseCommands(db: PawlCommand, context: CommandContext): void {
  const commands = new DatabaseCommands(context);

  db.command('deploy')
    .description('apply the pending migrations')
    .withJson()
    .action((options: JsonOption) => commands.deploy(options));

  db.command('status')
    .description('compare the database with the migrations; exits with 1 unless it is up to date')
    .withJson()
    .action((options: JsonOption) => commands.showStatus(options));

  db.command('retry')
    .description('apply a migration again that has failed')
    .argument('<NAME>', 'the name of the migration')
    .withJson()
    .action((name: string, options: JsonOption) => commands.retry(name, options));

  db.command('migration')
    .description('write the migration that leads from the last one to prisma/schema.prisma (in a checkout)')
    .argument('<NAME>', 'what the migration does, such as add_avatars')
    .action((name: string) => commands.writeMigration(name));
}
