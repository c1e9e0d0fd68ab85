import type { CommandContext } from '../command-context.js';
import type { PawlCommand } from '../pawl-command.js';
import { DatabaseCommands } from './database-commands.js';

/** `pawl db`. docs/deployment.md is for its users. */
export function defineDatabaseCommands(db: PawlCommand, context: CommandContext): void {
  const commands = new DatabaseCommands(context);

  db.command('deploy')
    .description('apply the pending migrations')
    .action(() => commands.deploy());

  db.command('status')
    .description('compare the database with the migrations; exits with 1 unless it is up to date')
    .action(() => commands.showStatus());

  db.command('retry')
    .description('apply a migration again that has failed')
    .argument('<NAME>', 'the name of the migration')
    .action((name: string) => commands.retry(name));

  db.command('migration')
    .description('write the migration that leads from the last one to prisma/schema.prisma (in a checkout)')
    .argument('<NAME>', 'what the migration does, such as add_avatars')
    .action((name: string) => commands.writeMigration(name));
}
