import type { CommandContext } from '../command-context.js';
import { withConfiguredDatabase } from '../configured-database.js';
import type { PawlCommand } from '../pawl-command.js';
import { KeyCommands } from './key-commands.js';

/** `pawl keys`. docs/keys.md is for its users. */
export function defineKeysCommands(keys: PawlCommand, context: CommandContext): void {
  const withKeys = (use: (commands: KeyCommands) => Promise<void>) =>
    withConfiguredDatabase(context, (db, config) => use(new KeyCommands(db, config, context)));

  keys
    .command('list')
    .description('show every signing key, its state and what comes next')
    .action(() => withKeys((commands) => commands.list()));

  keys
    .command('rotate')
    .description('create a key, which signs as soon as every verifier can know it')
    .action(() => withKeys((commands) => commands.rotate()));

  keys
    .command('revoke')
    .description('refuse every token under a key at once, on every instance')
    .argument('<KID>', 'the id of the key')
    .action((kid: string) => withKeys((commands) => commands.revoke(kid)));
}
