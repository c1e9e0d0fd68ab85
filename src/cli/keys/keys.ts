import type { CommandContext } from '../command-context.js';
import { withConfiguredDatabase } from '../configured-database.js';
import type { PawlCommand } from '../pawl-command.js';
import { KeyCommands } from './key-commands.js';

interface JsonOption {
  json: boolean;
}

/** `pawl keys`. docs/keys.md is for its users. */
export function defineKeysCommands(keys: PawlCommand, context: CommandContext): void {
  const withKeys = ({ json }: JsonOption, use: (commands: KeyCommands) => Promise<void>) =>
    withConfiguredDatabase(context, (db, config) => use(new KeyCommands(db, config, context, json)));

  keys
    .command('list')
    .description('show every signing key, its state and what comes next')
    .withJson()
    .action((options: JsonOption) => withKeys(options, (commands) => commands.list()));

  keys
    .command('rotate')
    .description('create a key, which signs as soon as every verifier can know it')
    .withJson()
    .action((options: JsonOption) => withKeys(options, (commands) => commands.rotate()));

  keys
    .command('revoke')
    .description('refuse every token under a key at once, on every instance')
    .argument('<KID>', 'the id of the key')
    .withJson()
    .action((kid: string, options: JsonOption) => withKeys(options, (commands) => commands.revoke(kid)));
}
