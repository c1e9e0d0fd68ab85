import { authMethods, grantTypes } from '../../clients/client.js';
import type { CommandContext } from '../command-context.js';
import { withConfiguredDatabase } from '../configured-database.js';
import type { PawlCommand } from '../pawl-command.js';
import type { ClientOptions } from './client-commands.js';
import { ClientCommands } from './client-commands.js';

/** `pawl clients`. docs/oauth.md is for its users. */
export function defineClientsCommands(clients: PawlCommand, context: CommandContext): void {
  const withClients = (use: (commands: ClientCommands) => Promise<void>) =>
    withConfiguredDatabase(context, (db, config) => use(new ClientCommands(db, config, context)));

  clients
    .command('list')
    .description('show the registered OAuth clients')
    .withJson()
    .action(({ json }: { json: boolean }) => withClients((commands) => commands.list(json)));

  clients
    .command('create')
    .description('register an OAuth client; its secret is shown once')
    .argument('<NAME>', 'a name for admins')
    .option('--auth-method <METHOD>', authMethods.join(', '), 'client_secret_basic')
    .option('--grant <TYPES...>', grantTypes.join(', '), [])
    .option('--role <ROLE>', 'the role of its own tokens', 'user')
    .option('--scope <SCOPE>', 'the scopes it may ask for, separated by spaces', '')
    .option('--jwks <FILE>', 'its public keys, for private_key_jwt')
    .withJson()
    .action((name: string, options: ClientOptions) => withClients((commands) => commands.create(name, options)));

  clients
    .command('delete')
    .description('delete an OAuth client and refuse every token of it')
    .argument('<CLIENT_ID>', 'the id of the client')
    .option('--yes', 'really delete', false)
    .withJson()
    .action((id: string, options: { yes: boolean; json: boolean }) =>
      withClients((commands) => commands.delete(id, options)),
    );
}
